using Inference.Recommendations.Fusion;
using Inference.Recommendations.Queries;
using UnitTests.Recommendations.Fusion;
using Xunit;
using Xunit.Abstractions;

namespace UnitTests.Recommendations.Explanations;

/// <summary>What scores are made of, in whole replies.</summary>
public sealed class ScorePartsTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Recommend_OfAnyRandomShop_GivesPartsThatAddUpToEveryScore()
    {
        int seed = Environment.TickCount & 0xFFFF, items = 0;
        output.WriteLine($"seed {seed}");
        var names = new HashSet<string>();
        var slots = new HashSet<SlotType>();
        for (int shop = 0; shop < 60; shop++)
        {
            using var world = new RandomShop(seed + shop);
            for (int request = 0; request < 10; request++)
            {
                RecommendReply reply = await world.AskAsync(world.Question());
                foreach (RecommendedItem item in reply.Items)
                {
                    Assert.NotEmpty(item.Parts!);
                    AssertAddUp(item, $"seed {seed}, shop {shop}, request {request}");
                    Assert.Equal(item.Parts!.Count, item.Parts.Select(part => part.Name).Distinct().Count());
                    names.UnionWith(item.Parts.Select(part => part.Name));
                    slots.Add(item.SlotType);
                    items++;
                }

                Assert.Distinct(reply.Report!.Retrievers.Select(report => report.Name));
                foreach (RetrieverReport report in reply.Report.Retrievers)
                    Assert.True(report.Shown <= report.Found || reply.Items.Any(item => item.SlotType is SlotType.NewItem), $"{report} of seed {seed}, shop {shop}");
            }
        }

        // Nothing of it was tested on nothing.
        Assert.Equal(4, slots.Count);
        Assert.Superset(new HashSet<string>(["tower", "tower_context", "ease", "rules", "ials", "clusters", "context", "popularity", "recent", "users", "towers", "cluster_profile"]), names);
        Assert.True(items > 5_000, $"{items} items");
    }

    [Fact]
    public void Similar_OfAnyRandomShop_GivesPartsThatAddUpToEveryScore()
    {
        int seed = Environment.TickCount & 0xFFFF;
        output.WriteLine($"seed {seed}");
        for (int shop = 0; shop < 20; shop++)
        {
            using var world = new RandomShop(seed + shop);
            RecommendReply reply = world.Similar(new SimilarItemsQuery { ItemIds = [$"i{world.Random.Next(150)}"], Limit = 20, Explain = true });
            Assert.All(reply.Items, item => AssertAddUp(item, $"seed {seed}, shop {shop}"));
            Assert.NotNull(reply.Report);
        }
    }

    [Fact]
    public async Task Recommend_OfAFusedModel_StatesTheScoresAndRanksOfTheSources()
    {
        using var parts = new FusionWorld(seed: 3);
        var world = new World();
        var neighbours = new NeighbourSource("ease", new WeightedLists([0, 0, 0, 0, 0, 3, 3, 3, 3, 3, 3, 3, 3], [2, 6, 7], [0.5f, 2f, -1f], World.Items));
        var snapshot = new Inference.Recommendations.Snapshots.Snapshot(
            world.Snapshot.Model, world.Snapshot.Items, world.Snapshot.Index, world.Tower, null, world.Snapshot.BundlePopularity, world.Snapshot.Profiles)
        {
            Fusion = new FusedScorer(new FusionModel([neighbours, new PopularitySource("popularity", [.. Enumerable.Range(0, World.Items).Select(world.Snapshot.BundlePopularity.RateOf)])], new FusionWeights([new FusionWeightPoint(0, [1f, 0.1f])]))),
        };

        RecommendReply reply = await world.Pipeline.RecommendAsync(snapshot, new RecommendQuery { UserId = "anna", Limit = 12, Explain = true }, CancellationToken.None);

        ScorePart Of(string id) => reply.Items.Single(item => item.ItemId == id).Parts!.Single(part => part.Name == "ease");
        Assert.Equal((2.0, 1), (Of("i6").Score!.Value, Of("i6").Rank));
        Assert.Equal((0.5, 2), (Of("i2").Score!.Value, Of("i2").Rank));
        Assert.Equal(-1, Of("i7").Score!.Value, 1e-6);
        Assert.Equal(World.Items, Of("i7").Rank);
        // It does not know the others: they get what it gives the average item.
        Assert.Equal((null, 0), (Of("i9").Score, Of("i9").Rank));
        Assert.Equal(reply.Items.Select(item => item.ItemId).Where(id => Of(id).Score is not null).Order(), ["i2", "i6", "i7"]);
        RetrieverReport ease = reply.Report!.Retrievers.Single(report => report.Name == "ease");
        Assert.Equal((3, 3, RetrieverOutcome.Ok), (ease.Found, ease.Shown, ease.Outcome));
    }

    [Fact]
    public async Task Recommend_WithoutExplain_StatesNothing()
    {
        using var world = new RandomShop(5);

        RecommendReply reply = await world.AskAsync(new RecommendQuery { UserId = "anna" });

        Assert.Null(reply.Report);
        Assert.All(reply.Items, item => Assert.Equal((null, null, null), (item.Reason, item.Parts, item.Adjustments)));
    }

    private static void AssertAddUp(RecommendedItem item, string where)
    {
        double sum = item.Parts!.Sum(part => part.Contribution);
        Assert.True(Math.Abs(sum - item.Score) <= 1e-5 * Math.Abs(item.Score), $"{where}: {item.ItemId} by {item.Source} has {item.Score}, its parts {sum}: {string.Join(", ", item.Parts!)}");
    }
}
