using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Inference.Recommendations.Comparison;
using Inference.Recommendations.Snapshots;
using Inference.Server.Failures;
using Inference.Server.Hosting;
using Inference.Server.Requests;
using Inference.Server.Telemetry;
using Inference.Vectors;
using Recsys.V1;

namespace Inference.Server.Services;

/// <summary>Tells which models the server holds. Changing them while it runs is declared in the contract and not served yet.</summary>
internal sealed class ModelService(SnapshotRegistry snapshots, ShadowTraffic shadow, ModelLoading loading) : Recsys.V1.ModelService.ModelServiceBase
{
    private const string Restart = "This server serves the bundle that it was started with; start it with another --bundle.";

    public override Task<ListVersionsResponse> ListVersions(ListVersionsRequest request, ServerCallContext context)
    {
        Snapshot? active = snapshots.Active;
        var response = new ListVersionsResponse();
        foreach (Snapshot snapshot in snapshots.Loaded.OrderByDescending(snapshot => ReferenceEquals(snapshot, active)))
            response.Versions.Add(Describe(snapshot, active));
        return Task.FromResult(response);
    }

    public override Task<StatusResponse> Status(StatusRequest request, ServerCallContext context) => snapshots.Active is { } active
        ? Task.FromResult(new StatusResponse { Active = Describe(active, active), Shadow = ShadowMapping.ToWire(shadow.Report()) })
        : throw FailureTable.ModelLoading.ToException();

    public override Task<LoadResponse> Load(LoadRequest request, ServerCallContext context) => throw FailureTable.NotServed(Restart).ToException();

    public override Task<ActivateResponse> Activate(ActivateRequest request, ServerCallContext context) => throw FailureTable.NotServed(Restart).ToException();

    public override Task<RollbackResponse> Rollback(RollbackRequest request, ServerCallContext context) => throw FailureTable.NotServed(Restart).ToException();

    public override Task<UnloadResponse> Unload(UnloadRequest request, ServerCallContext context) => throw FailureTable.NotServed(Restart).ToException();

    private ModelVersion Describe(Snapshot snapshot, Snapshot? active) => new()
    {
        Version = snapshot.Model.FullVersion,
        State = ReferenceEquals(snapshot, active) ? VersionState.Active : VersionState.Loaded,
        EmbeddingSpaceId = snapshot.Model.EmbeddingSpaceId,
        ParentSpaceId = snapshot.Model.ParentSpaceId,
        Dimension = snapshot.Model.Dimension,
        Metric = snapshot.Model.Metric switch
        {
            Metric.InnerProduct => "ip",
            Metric.Cosine => "cosine",
            _ => "l2",
        },
        Items = snapshot.Items.Count,
        Profiles = snapshot.Profiles?.Count ?? 0,
        LoadedAt = Timestamp.FromDateTimeOffset(loading.LoadedAt(snapshot)),
        Index = Describe(snapshot.Index),
        Providers = { loading.ModelOf(snapshot)?.ProviderUses.Select(use => Describe(use)) ?? [] },
    };

    private static ProviderUse Describe(Towers.ProviderUse use) => new() { Part = use.Part, Wanted = use.Wanted, Actual = use.Actual, Reason = use.Reason ?? "" };

    private static ItemIndex Describe(LiveIndex index)
    {
        var described = new ItemIndex { Kind = ServerMetrics.NameOf(index.Kind), Rows = index.Count, Bytes = index.Bytes };
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
