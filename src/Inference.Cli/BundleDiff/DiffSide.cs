using Inference.Recommendations;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Bundles;
using Inference.Towers.Manifests;
using Microsoft.Extensions.Logging.Abstractions;

namespace Inference.Cli.BundleDiff;

/// <summary>One of the two bundles, behind the pipeline that a server has: ladder, filters and seen items are the same. No embedding is cached, so each answer runs the tower.</summary>
internal sealed class DiffSide : IDisposable
{
    private readonly LoadedBundle _bundle;
    private readonly RecommendationPipeline _pipeline;
    private readonly Embeddings _embeddings;
    private readonly PartTimes _times = new();
    private readonly LatencyHistogram _answers = new();
    private readonly TimeProvider _time;

    public DiffSide(LoadedBundle bundle, AskedUsers users, TimeProvider time)
    {
        _bundle = bundle;
        _time = time;
        // A busy machine must not push an answer down the ladder: it is the bundles that are compared.
        var patient = new PipelineOptions { TowerBudget = TimeSpan.FromSeconds(10) };
        _pipeline = new RecommendationPipeline(users, null, users.Keys, patient, new RecommendationMetrics(_times), time, NullLoggerFactory.Instance);
        _embeddings = new Embeddings(users, users.Keys, patient, time, NullLoggerFactory.Instance);
    }

    public Snapshot Snapshot => _bundle.Snapshot;

    /// <summary>Answers a request.</summary>
    /// <param name="isMeasured">Whether its times count.</param>
    public async ValueTask<RecommendReply> AskAsync(RecommendQuery query, bool isMeasured, CancellationToken cancellationToken)
    {
        _times.IsOn = isMeasured;
        long begun = _time.GetTimestamp();
        RecommendReply reply = await _pipeline.RecommendAsync(Snapshot, query, cancellationToken);
        if (isMeasured)
            _answers.Record((long)_time.GetElapsedTime(begun).TotalNanoseconds);
        _times.IsOn = false;
        return reply;
    }

    /// <summary>The embedding of the user of a request.</summary>
    public ValueTask<float[]> EmbedAsync(RecommendQuery query, CancellationToken cancellationToken) =>
        _embeddings.EmbedUsersAsync(Snapshot, [new UserQuery(query.UserId, query.Context, query.RecentItemIds)], DateTimeOffset.MaxValue, cancellationToken);

    public SideReport Report() => new()
    {
        Folder = _bundle.Folder,
        Model = Snapshot.Model,
        Items = Snapshot.Items.Count,
        ModelBytes = ModelFiles().Sum(file => new FileInfo(Path.Combine(_bundle.Folder, file)).Length),
        IndexBytes = Snapshot.Index.Bytes,
        IndexKind = Snapshot.Index.Kind.ToString().ToLowerInvariant(),
        LoadTime = _bundle.Timings.Values.Aggregate(TimeSpan.Zero, (sum, time) => sum + time),
        Tower = Of(_times.Tower),
        Search = Of(_times.Search),
        Answer = Of(_answers),
    };

    public void Dispose()
    {
        _times.Dispose();
        Snapshot.Dispose();
    }

    /// <summary>The towers, and what `files` lists beside them and gives no role: their weights.</summary>
    private IEnumerable<string> ModelFiles()
    {
        BundleManifest manifest = _bundle.Manifest;
        string?[] others = [manifest.Items, manifest.ItemEmbeddings, manifest.Index, manifest.Profiles, manifest.Popularity, manifest.Users, manifest.Golden];
        return (manifest.Files?.Keys ?? []).Except(others).Concat([manifest.UserTower?.File, manifest.ItemTower?.File]).OfType<string>().Distinct();
    }

    private static PartLatency Of(LatencyHistogram times) => new(times.Count, times.Quantile(0.5) / 1e3, times.Quantile(0.99) / 1e3);
}
