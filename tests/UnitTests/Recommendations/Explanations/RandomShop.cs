using Inference.Recommendations;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Guards;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;
using Microsoft.Extensions.Logging.Abstractions;
using UnitTests.Recommendations.Fusion;

namespace UnitTests.Recommendations.Explanations;

/// <summary>A shop of 150 items, a model and a pipeline that are drawn from a seed: ladder or fused, over all rows or candidates, with learned weights or ranks, with items that came, moved and went, with chance and guards.</summary>
internal sealed class RandomShop : IDisposable
{
    private readonly FusionWorld _parts;
    private readonly World _world = new();
    private readonly RecommendationPipeline _pipeline;
    private long _version;

    public RandomShop(int seed, bool? isFused = null)
    {
        Random = new Random(seed);
        _parts = new FusionWorld(seed: seed + 1);
        var items = new ItemCatalogue([.. Enumerable.Range(0, _parts.Items).Select(i => $"i{i}")], [.. Enumerable.Range(0, _parts.Items).Select(i => (string?)$"Item {i}")]);
        var live = new LiveIndex(_parts.Index);
        bool fused = isFused ?? Random.Next(4) > 0;
        FusionWeights? weights = Random.Next(5) > 0 ? FusionWorld.Weights() : null;
        NewItemWeights? newItems = weights is not null && Random.Next(2) == 0 ? new NewItemWeights(120, 1.5f, [1f, 0.5f, 0f, 0f, 0f, 0f, 0.2f, 0f, 0f, 0f]) : null;
        Snapshot = new Snapshot(
            new ModelIdentity("shop", "1", "space", FusionWorld.Dimension, Metric.InnerProduct), items, live, new MeanTower(_parts.Index), null, _parts.Popularity, fused || Random.Next(4) > 0 ? _parts.Profiles : null)
        {
            Fusion = fused ? new FusedScorer(new FusionModel(_parts.Sources(), weights, newItems), new FusionOptions { DenseItems = Random.Next(2) == 0 ? 1_000 : 100 }) : null,
        };
        _pipeline = new RecommendationPipeline(
            _world.States, null, World.Keys, _world.Options, new RecommendationMetrics(_world.Meters), _world.Time, NullLoggerFactory.Instance,
            new ExplorationOptions { Policy = Random.Next(2) == 0 ? ExplorationPolicy.Softmax : ExplorationPolicy.Off, Share = 0.3, PoolSize = 20 },
            guards: Random.Next(3) == 0 ? new GuardOptions { ShownAtMost = 1 } : null);
        for (int change = Random.Next(30); change > 0; change--)
            Change();
        Snapshot.NewItems = new NewItemPool([.. Enumerable.Range(140, 10).Where(row => Snapshot.Items.Rows.Contains(row))]);
    }

    public Random Random { get; }

    public Snapshot Snapshot { get; }

    /// <summary>Ids that are in the catalogue.</summary>
    public string[] Ids => [.. Enumerable.Range(0, Snapshot.Items.Rows.RowCount).Where(Snapshot.Items.Rows.Contains).Select(Snapshot.Items.IdOf)];

    /// <summary>Lets an item come, move or go.</summary>
    /// <returns>Its id, and whether it is there now.</returns>
    public (string Id, bool IsThere) Change()
    {
        string id = Random.Next(2) == 0 ? $"i{Random.Next(_parts.Items)}" : $"new{Random.Next(20)}";
        bool stays = Random.Next(3) > 0;
        if (stays)
            Snapshot.Editor.Apply([new ItemChange(id, ++_version, new ItemContent("Changed", FeatureSet.None, FeatureSet.None))], _parts.Vector(Random.Next()));
        else
            Snapshot.Editor.Apply([new ItemChange(id, ++_version, null)], []);
        return (id, stays);
    }

    /// <summary>A question drawn by chance.</summary>
    public RecommendQuery Question(Page? page = null) => new()
    {
        UserId = Pick("", "anna", "blank", "nobody", "all"),
        RecentItemIds = Random.Next(3) == 0 ? [] : [.. Enumerable.Range(0, Random.Next(1, 20)).Select(_ => $"i{Random.Next(160)}")],
        Context = Random.Next(2) == 0 ? FeatureSet.None : new Dictionary<string, FeatureValue> { ["country"] = FeatureValue.Of(Pick("DE", "FR", "XX")) },
        AllowedItemIds = Random.Next(4) == 0 ? [.. Enumerable.Range(0, 30).Select(_ => $"i{Random.Next(150)}")] : [],
        ExcludedItemIds = Random.Next(3) == 0 ? [.. Enumerable.Range(0, 30).Select(_ => $"i{Random.Next(150)}")] : [],
        IncludeSeen = Random.Next(4) == 0,
        Limit = Pick(1, 5, 10, 40, 200),
        NewItemSlots = Random.Next(3) == 0 ? Random.Next(4) : null,
        Retrievers = Random.Next(4) == 0 ? Retrievers.Popularity | (Retrievers)Random.Next(64) : Retrievers.All,
        RequestId = $"r{Random.Next(1_000)}",
        Page = page,
        Explain = true,
    };

    public async Task<RecommendReply> AskAsync(RecommendQuery query) => await _pipeline.RecommendAsync(Snapshot, query, CancellationToken.None);

    public RecommendReply Similar(SimilarItemsQuery query) => _pipeline.Similar(Snapshot, query);

    public void Dispose() => _parts.Dispose();

    private T Pick<T>(params T[] choices) => choices[Random.Next(choices.Length)];
}
