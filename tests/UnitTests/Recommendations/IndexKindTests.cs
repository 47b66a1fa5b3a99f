using Inference.Recommendations.Features;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;
using Inference.Vectors.Search;
using Xunit;

namespace UnitTests.Recommendations;

/// <summary>The pipeline over indexes that are not the plain fp32 one.</summary>
public sealed class IndexKindTests
{
    [Theory]
    [InlineData(IndexKind.Exact, false)]
    [InlineData(IndexKind.Exact, true)]
    [InlineData(IndexKind.Fast, false)]
    [InlineData(IndexKind.Compact, true)]
    public async Task Recommend_OverAnyIndex_AnswersAsOverTheFlatOne(IndexKind kind, bool shared)
    {
        var world = new World();
        using LiveIndex index = Build(world, kind);
        Snapshot snapshot = Of(world, index, shared);
        var query = new RecommendQuery { UserId = "anna", Limit = kind == IndexKind.Exact ? 6 : 2, Explain = true };

        RecommendReply expected = await world.Pipeline.RecommendAsync(world.Snapshot, query, CancellationToken.None);
        RecommendReply actual = await world.Pipeline.RecommendAsync(snapshot, query, CancellationToken.None);

        Assert.Equal(expected.ServedBy, actual.ServedBy);
        Assert.Equal(expected.Items.Select(item => (item.ItemId, item.Source, item.Reason!.Text)), actual.Items.Select(item => (item.ItemId, item.Source, item.Reason!.Text)));
    }

    [Theory]
    [InlineData(IndexKind.Exact)]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    public void Similar_OverAnyIndex_FindsTheSameItems(IndexKind kind)
    {
        var world = new World();
        using LiveIndex index = Build(world, kind);
        var query = new SimilarItemsQuery { ItemIds = ["i2", "i5"], Limit = 2 };

        RecommendReply actual = world.Pipeline.Similar(Of(world, index, shared: false), query);

        Assert.Equal(world.Pipeline.Similar(world.Snapshot, query).Items.Select(item => item.ItemId), actual.Items.Select(item => item.ItemId));
        Assert.Equal(Rung.ItemEmbedding, actual.ServedBy);
    }

    [Fact]
    public async Task EmbedItems_OverAGraph_IsNearToWhatTheTowerGave()
    {
        var world = new World();
        using LiveIndex index = Build(world, IndexKind.Compact);
        ItemQuery[] asked = [.. Enumerable.Range(0, World.Items).Select(i => new ItemQuery($"i{i}", FeatureSet.None))];

        float[] exact = await world.Embeddings.EmbedItemsAsync(world.Snapshot, asked, [], DateTimeOffset.MaxValue, CancellationToken.None);
        float[] near = await world.Embeddings.EmbedItemsAsync(Of(world, index, shared: false), asked, [], DateTimeOffset.MaxValue, CancellationToken.None);

        Assert.All(exact.Zip(near), pair => Assert.Equal(pair.First, pair.Second, 0.01f));
    }

    private static Snapshot Of(World world, LiveIndex index, bool shared) =>
        new(world.Snapshot.Model, world.Snapshot.Items, index, world.Tower, null, world.Snapshot.Popularity, world.Snapshot.Profiles)
        {
            SharedSearch = shared ? new ConcurrentSearch(index) : null,
        };

    private static LiveIndex Build(World world, IndexKind kind)
    {
        using VectorMatrix rows = VectorMatrix.Create(World.Items, 3, (row, vector) => world.Snapshot.Index.TryCopyVector(row, vector));
        return new LiveIndex(IndexBuilder.Build(rows, Metric.InnerProduct, new IndexOptions { Kind = kind, Threads = 1 }));
    }
}
