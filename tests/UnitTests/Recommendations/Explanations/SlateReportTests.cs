using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;
using Inference.Vectors;
using Xunit;

namespace UnitTests.Recommendations.Explanations;

/// <summary>What replies say of whole slates.</summary>
public sealed class SlateReportTests
{
    [Fact]
    public async Task Recommend_OfAnySlate_StatesTheMeanCosineOfItsPairs()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            using var world = new RandomShop(seed);
            RecommendReply reply = await world.AskAsync(world.Question());

            float[][] vectors = [.. reply.Items.Select(item => VectorOf(world.Snapshot, item.ItemId))];
            double sum = 0;
            int pairs = 0;
            for (int i = 0; i < vectors.Length; i++)
            {
                for (int j = 0; j < i; j++, pairs++)
                    sum += Cosine(vectors[i], vectors[j]);
            }

            if (pairs == 0)
                Assert.Null(reply.Report!.Diversity);
            else
                Assert.Equal(1 - (sum / pairs), reply.Report!.Diversity!.Value, 1e-5);
        }
    }

    [Fact]
    public async Task Recommend_OfKnownItems_StatesNoveltyAndPopularShare()
    {
        // Rates ½, ¼, ⅛ and nothing: the first item alone has more than half of all interactions.
        var world = new World(withProfiles: false, rates: row => row < 3 ? MathF.Pow(0.5f, row + 1) : 0f);

        RecommendReply reply = await Ask(world, new RecommendQuery { Limit = 4 });

        Assert.Equal((1 + 2 + 3 + Math.Log2(2_000)) / 4, reply.Report!.Novelty, 1e-6); // nobody's counts as half a user of 1,000
        Assert.Equal(0.25, reply.Report.PopularShare);
        Assert.Equal(World.Items, reply.Report.EligibleItems);
    }

    [Fact]
    public async Task Recommend_WithListsAndHistory_CountsWhatMayBeShown()
    {
        var world = new World();

        RecommendReply all = await Ask(world, new RecommendQuery { UserId = "anna", ExcludedItemIds = ["i7", "i8", "unknown"] });
        RecommendReply some = await Ask(world, new RecommendQuery { UserId = "anna", AllowedItemIds = ["i0", "i1", "i2", "i3"], ExcludedItemIds = ["i3"] });

        Assert.Equal(World.Items - 4, all.Report!.EligibleItems); // i1 and i4 were touched
        Assert.Equal(2, some.Report!.EligibleItems);
    }

    [Theory]
    [InlineData("brand", 4, 2 / 3.0)] // a, b of a, b and c
    [InlineData("brand", 2, 0.5)] // a of the two that two places could have
    [InlineData("nothing", 4, 0)]
    public async Task Recommend_WithACoverageAttribute_StatesTheShareOfItsValues(string attribute, int limit, double expected)
    {
        var world = new World();
        var vectors = new List<float>();
        var changes = new List<ItemChange>();
        for (int i = 0; i < World.Items; i++)
        {
            string brand = i < 2 ? "a" : i < 6 ? "b" : "c";
            changes.Add(new ItemChange($"i{i}", 1, new ItemContent(null, FeatureSet.None, new Dictionary<string, FeatureValue> { ["brand"] = FeatureValue.Of(brand) })));
            vectors.AddRange(VectorOf(world.Snapshot, $"i{i}"));
        }

        world.Snapshot.Editor.Apply(changes, vectors.ToArray());

        RecommendReply reply = await Ask(world, new RecommendQuery { Limit = limit, Slate = new SlateRules { CoverageAttribute = attribute } });

        Assert.Equal((attribute, expected), (reply.Report!.CoverageAttribute, reply.Report.Coverage));
    }

    [Fact]
    public async Task Recommend_ByTheLadder_SaysWhatEachRungDid()
    {
        var world = new World();

        RecommendReply known = await Ask(world, new RecommendQuery { UserId = "anna", Limit = 5 });
        RecommendReply context = await Ask(world, new RecommendQuery { Context = new Dictionary<string, FeatureValue> { ["country"] = FeatureValue.Of("DE") }, Retrievers = Retrievers.ClusterProfile, Limit = 5 });
        RecommendReply nobody = await Ask(world, new RecommendQuery { Limit = 5 });

        Assert.Equal([(Sources.Towers, 5, 5, RetrieverOutcome.Ok)], Told(known));
        Assert.Equal([(Sources.ClusterProfile, 5, 5, RetrieverOutcome.Ok)], Told(context));
        Assert.Equal([(Sources.ClusterProfile, 0, 0, RetrieverOutcome.Silent), (Sources.Popularity, 5, 5, RetrieverOutcome.Ok)], Told(nobody));
    }

    [Theory]
    [InlineData(true, RetrieverOutcome.Late)]
    [InlineData(false, RetrieverOutcome.Failed)]
    public async Task Recommend_WhenTheTowerDoesNotAnswer_SaysWhatBecameOfIt(bool isLate, RetrieverOutcome expected)
    {
        var world = new World(new ScriptedTower(_ => isLate ? new ValueTask<EncodeOutcome>(EncodeOutcome.Late) : throw new TowerException("broken")));

        RecommendReply reply = await Ask(world, new RecommendQuery { UserId = "anna", Limit = 5 });

        Assert.Equal((Sources.Towers, 0, 0, expected), Told(reply)[0]);
    }

    [Fact]
    public void IsPopular_OfTies_HasTheFewestItemsWithMoreThanHalf()
    {
        var popularity = new Popularity([0.1f, 0.1f, 0.1f, 0.1f, 0f]);

        Assert.Equal(3, popularity.HeadCount); // two have just half
        Assert.Equal([true, true, true, false, false, false], Enumerable.Range(0, 6).Select(popularity.IsPopular));
        Assert.Equal(0, new Popularity([0f, 0f]).HeadCount);
        Assert.False(new Popularity([0f, 0f]).IsPopular(0));
    }

    [Fact]
    public void CountOutside_OfRandomSets_CountsMembersThatTheOtherLacks()
    {
        var random = new Random(4);
        foreach (int rows in new[] { 1, 63, 64, 65, 1_000 })
        {
            using RowSet one = RowSet.Rent(rows), other = RowSet.Rent(rows);
            int expected = 0;
            for (int row = 0; row < rows; row++)
            {
                bool isIn = random.Next(2) == 0 && one.Add(row), isOut = random.Next(2) == 0 && other.Add(row);
                expected += isIn && !isOut ? 1 : 0;
            }

            Assert.Equal(expected, one.CountOutside(other));
        }

        using RowSet small = RowSet.Rent(3), large = RowSet.Rent(4);
        // A row that only one of them is over is not counted.
        large.AddRange([1, 3]);
        small.Add(2);
        Assert.Equal((1, 1), (small.CountOutside(large), large.CountOutside(small)));
    }

    private static (string Name, int Found, int Shown, RetrieverOutcome Outcome)[] Told(RecommendReply reply) =>
        [.. reply.Report!.Retrievers.Select(report => (report.Name, report.Found, report.Shown, report.Outcome))];

    private static async Task<RecommendReply> Ask(World world, RecommendQuery query) => await world.Pipeline.RecommendAsync(
        world.Snapshot,
        new RecommendQuery
        {
            UserId = query.UserId, Context = query.Context, Limit = query.Limit, ExcludedItemIds = query.ExcludedItemIds, AllowedItemIds = query.AllowedItemIds, Slate = query.Slate, Retrievers = query.Retrievers,
            Explain = true,
        },
        CancellationToken.None);

    private static float[] VectorOf(Snapshot snapshot, string id)
    {
        Assert.True(snapshot.Items.TryGetRow(id, out int row));
        float[] vector = new float[snapshot.Index.Dimension];
        Assert.True(snapshot.Index.TryCopyVector(row, vector));
        return vector;
    }

    private static double Cosine(float[] a, float[] b)
    {
        double dot = 0, one = 0, other = 0;
        for (int i = 0; i < a.Length; i++)
            (dot, one, other) = (dot + ((double)a[i] * b[i]), one + ((double)a[i] * a[i]), other + ((double)b[i] * b[i]));
        return dot / Math.Sqrt(one * other);
    }
}
