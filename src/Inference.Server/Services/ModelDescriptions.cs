using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Retrieval;
using Inference.Recommendations.Snapshots;
using Inference.Server.Models;
using Inference.Server.Surfaces;
using Inference.Server.Telemetry;
using Inference.Vectors;
using Recsys.V1;

namespace Inference.Server.Services;

/// <summary>Versions of the model as messages.</summary>
internal sealed class ModelDescriptions(SnapshotRegistry snapshots, ServedSurfaces surfaces)
{
    /// <summary>How the traffic is split now; to be read once for versions that are shown together.</summary>
    public TrafficSplit Split => snapshots.Split;

    public ModelVersion Of(LoadedModel model) => Of(model, Split);

    public ModelVersion Of(LoadedModel model, TrafficSplit split) => Of(new ModelRecord(model.Version, ModelState.Loaded, null, model), split);

    public ModelVersion Of(ModelRecord record) => Of(record, Split);

    public ModelVersion Of(ModelRecord record, TrafficSplit split)
    {
        var version = new ModelVersion
        {
            Version = record.Version,
            State = StateOf(record, split),
            TrafficShare = ShareOf(record, split),
            Folder = record.Folder?.Path ?? record.Model?.Bundle.Folder ?? "",
        };
        version.Reasons.Add(record.Reasons ?? []);
        if (record is not { State: ModelState.Loaded, Model: { } model })
            return version;
        Snapshot snapshot = model.Snapshot;
        version.EmbeddingSpaceId = snapshot.Model.EmbeddingSpaceId;
        version.ParentSpaceId = snapshot.Model.ParentSpaceId ?? "";
        version.Dimension = snapshot.Model.Dimension;
        version.Metric = snapshot.Model.Metric switch
        {
            Metric.InnerProduct => "ip",
            Metric.Cosine => "cosine",
            _ => "l2",
        };
        version.Items = snapshot.Items.Count;
        version.Profiles = snapshot.Profiles?.Count ?? 0;
        version.LoadedAt = Timestamp.FromDateTimeOffset(model.At);
        version.LoadDuration = Duration.FromTimeSpan(model.Took);
        version.Warnings.Add(model.Bundle.Warnings);
        if (model.Bundle.Manifest.ModelCard is { ValueKind: JsonValueKind.Object } card)
            version.ModelCard = card.GetRawText();
        version.FusionSources.Add(snapshot.Fusion?.Model.Sources.Select(source => source.Name) ?? []);
        if (snapshot.Ranker is { } ranker)
            version.Ranker = Of(ranker);
        else if (surfaces.Current.Ranking is { Length: > 0 } ranking)
            version.Warnings.Add($"the bundle has no ranking model, so the surfaces that rank ({ranking}) keep the order in which candidates were found.");
        version.Index = Of(snapshot.Index);
        version.Providers.Add(model.Bundle.ProviderUses.Select(use => new ProviderUse { Part = use.Part, Wanted = use.Wanted, Actual = use.Actual, Reason = use.Reason ?? "" }));
        return version;
    }

    private static VersionState StateOf(ModelRecord record, TrafficSplit split) => record.State switch
    {
        ModelState.Loaded when record.Model!.Snapshot == split.Active => VersionState.Active,
        ModelState.Loaded => VersionState.Loaded,
        ModelState.Loading => VersionState.Loading,
        ModelState.Unloading => VersionState.Unloading,
        ModelState.Refused => VersionState.Refused,
        _ => VersionState.Available,
    };

    private static double ShareOf(ModelRecord record, TrafficSplit split) => record.Model?.Snapshot switch
    {
        null => 0,
        var snapshot when snapshot == split.Active => 1 - split.CanaryShare,
        var snapshot when snapshot == split.Canary => split.CanaryShare,
        _ => 0,
    };

    private static RankingModel Of(IRanker ranker)
    {
        var described = new RankingModel { MaxBatch = ranker.MaxBatch, MaxHistory = ranker.MaxHistory };
        described.UserFeatures.Add(ranker.Features.Names.Order(StringComparer.Ordinal));
        described.ItemFeatures.Add(ranker.ItemFeatures.Names.Order(StringComparer.Ordinal));
        described.CrossFeatures.Add(CrossFeatures.NamesOf(ranker.Reads));
        return described;
    }

    private static ItemIndex Of(LiveIndex index)
    {
        var described = new ItemIndex { Kind = IndexKinds.NameOf(index.Kind), Rows = index.Count, Bytes = index.Bytes };
        if (index.Tuning is { } tuning)
        {
            described.Width = tuning.Width;
            described.Recall = tuning.Recall;
            described.TargetRecall = tuning.TargetRecall;
            described.Wanted = tuning.Wanted;
            described.Queries = tuning.Queries;
            described.Latency = Duration.FromTimeSpan(tuning.Latency);
        }

        return described;
    }
}
