using System.Diagnostics.Metrics;
using Inference.Recommendations;
using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;
using Inference.Vectors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using UnitTests.Recommendations.Fusion;
using UnitTests.Testing;

namespace UnitTests.Recommendations.Retrieval;

/// <summary>The shop of <see cref="FusionWorld"/> with a pipeline over it, and surfaces by a few words.</summary>
internal sealed class SurfaceShop
{
    /// <param name="withModel">Whether the bundle has a fused model.</param>
    /// <param name="isWhole">Whether its sources score the whole catalogue.</param>
    /// <param name="change">Puts other sources into the model.</param>
    /// <param name="items">Items of the shop.</param>
    /// <param name="attributes">What is known of each.</param>
    /// <param name="asked">Happens whenever the user tower is asked.</param>
    public SurfaceShop(
        bool withModel = true, bool isWhole = true, Func<ScoreSource, ScoreSource>? change = null, int seed = 1, int items = 150, Func<int, Dictionary<string, FeatureValue>>? attributes = null, Action? asked = null)
    {
        Shop = new FusionWorld(items, seed);
        var index = new LiveIndex(new ExactIndex(VectorMatrix.Create(Shop.ItemVectors, FusionWorld.Dimension), Metric.InnerProduct));
        var contents = new ItemContents();
        for (int row = 0; row < Shop.Items; row++)
            contents.Add(attributes is null ? ItemContent.Empty : ItemContent.Empty with { Attributes = attributes(row) });
        var catalogue = new ItemCatalogue([.. Enumerable.Range(0, Shop.Items).Select(row => $"i{row}")], contents);
        Tower = new MeanTower(Shop.Index);
        ScoreSource[] sources = [.. Shop.Sources().Select(source => change?.Invoke(source) ?? source)];
        Snapshot = new Snapshot(new ModelIdentity("shop", "1", "space", FusionWorld.Dimension, Metric.InnerProduct), catalogue, index, asked is null ? Tower : new AskedTower(Tower, asked), null, Shop.Popularity, Shop.Profiles)
        {
            Fusion = withModel ? new FusedScorer(new FusionModel(sources, FusionWorld.Weights()), new FusionOptions { DenseItems = isWhole ? Shop.Items : 0 }) : null,
        };
        World = new World();
        Meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        Pipeline = new RecommendationPipeline(World.States, null, World.Keys, World.Options, new RecommendationMetrics(Meters), Time, NullLoggerFactory.Instance);
    }

    public FusionWorld Shop { get; }

    public World World { get; }

    public MeanTower Tower { get; }

    public Snapshot Snapshot { get; }

    public ManualTime Time { get; } = new();

    public IMeterFactory Meters { get; }

    public RecommendationPipeline Pipeline { get; }

    /// <summary>A surface of retrievers with weight 1.</summary>
    public static Surface Of(SurfaceFusion fusion, int quota, params string[] names) => new()
    {
        Name = "shelf", Fusion = fusion, Retrievers = [.. names.Select(name => new SurfaceRetriever(name, 1, TimeSpan.FromSeconds(1), quota))],
    };

    public static RecommendQuery Query(Surface surface, int[] history, int limit = 10, bool explain = false, int[]? excluded = null, int[]? allowed = null, WorkPriority priority = WorkPriority.Interactive) => new()
    {
        Surface = surface,
        Priority = priority,
        RecentItemIds = Ids(history),
        ExcludedItemIds = Ids(excluded ?? []),
        AllowedItemIds = Ids(allowed ?? []),
        Limit = limit,
        Explain = explain,
        Context = new Dictionary<string, FeatureValue> { ["country"] = FeatureValue.Of("DE") },
    };

    public async Task<RecommendReply> AskAsync(RecommendQuery query) => await Pipeline.RecommendAsync(Snapshot, query, CancellationToken.None);

    public static string[] Ids(IEnumerable<int> rows) => [.. rows.Select(row => $"i{row}")];

    public static int RowOf(RecommendedItem item) => int.Parse(item.ItemId.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);

    private sealed class AskedTower(IUserTower tower, Action asked) : IUserTower
    {
        public FeatureSchema Features => tower.Features;

        public ValueTask<EncodeOutcome> EncodeAsync(ReadOnlyMemory<UserTowerInput> users, Memory<float> embeddings, Urgency urgency, CancellationToken cancellationToken)
        {
            asked();
            return tower.EncodeAsync(users, embeddings, urgency, cancellationToken);
        }
    }
}
