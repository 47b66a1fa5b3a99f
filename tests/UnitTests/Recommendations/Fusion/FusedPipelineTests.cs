using Inference.Recommendations;
using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace UnitTests.Recommendations.Fusion;

/// <summary>Slates of a fused model in the shop of <see cref="World"/>.</summary>
public sealed class FusedPipelineTests
{
    private static readonly Dictionary<string, FeatureValue> Germany = new() { ["country"] = FeatureValue.Of("DE") };

    [Fact]
    public async Task Recommend_ForAStoredUser_OrdersByTheScorerOfTraining()
    {
        var world = new World();
        Snapshot snapshot = Fused(world);

        RecommendReply reply = await Ask(world, snapshot, new RecommendQuery { UserId = "anna", Limit = 10 });

        var scores = new float[World.Items];
        await snapshot.Fusion!.ScoreAsync(world.Tower, 3, default, new[] { 1, 4 }, scores, default);
        int[] expected = [.. Enumerable.Range(0, World.Items).Except([1, 4]).OrderByDescending(row => scores[row]).ThenBy(row => row)];
        Assert.Equal(expected.Select(row => $"i{row}"), reply.Items.Select(item => item.ItemId));
        Assert.Equal(expected.Select(row => scores[row]), reply.Items.Select(item => item.Score));
        Assert.Equal(Rung.UserTower, reply.ServedBy);
        Assert.Equal(("i2", Sources.Neighbours), (reply.Items[0].ItemId, reply.Items[0].Source)); // the list of i4 has it
        Assert.Contains(reply.Items, item => item.Source == Sources.Towers);
        Assert.Empty(reply.Degraded);
    }

    [Fact]
    public async Task Recommend_WhenTheTowerFails_IsAnsweredByTheOthersAndSaysSo()
    {
        var world = new World(new ScriptedTower(_ => throw new TowerException("broken")));
        Snapshot snapshot = Fused(world);

        RecommendReply reply = await Ask(world, snapshot, new RecommendQuery { UserId = "anna", Limit = 5 });

        Assert.Equal(Rung.Session, reply.ServedBy);
        Degradation degradation = Assert.Single(reply.Degraded);
        Assert.Equal((Components.UserTower, DegradationReason.Failed), (degradation.Component, degradation.Reason));
        Assert.Equal("i2", reply.Items[0].ItemId);
        Assert.DoesNotContain(reply.Items, item => item.Source == Sources.Towers);
    }

    [Fact]
    public async Task Recommend_WhenTheTowerIsBusy_IsAnsweredByTheOthersAndSaysSo()
    {
        var world = new World(new ScriptedTower(_ => new ValueTask<EncodeOutcome>(EncodeOutcome.Late)));

        RecommendReply reply = await Ask(world, Fused(world), new RecommendQuery { RecentItemIds = ["i4"], Limit = 5 });

        Assert.Equal(Rung.Session, reply.ServedBy);
        Assert.Equal([(Components.UserTower, DegradationReason.Timeout)], reply.Degraded.Select(degradation => (degradation.Component, degradation.Reason)));
        Assert.Equal(5, reply.Items.Count);
    }

    [Fact]
    public async Task Recommend_WhenASourceFails_IsAnsweredByTheOthersAndSaysSo()
    {
        var world = new World();
        Snapshot snapshot = Fused(world, out ExactIndex index);
        index.Dispose(); // the tower's items are gone

        RecommendReply reply = await Ask(world, snapshot, new RecommendQuery { UserId = "anna", Limit = 5 });

        Assert.Equal(5, reply.Items.Count);
        Assert.All(reply.Degraded, degradation => Assert.Equal((Components.UserTower, DegradationReason.Failed), (degradation.Component, degradation.Reason)));
        Assert.NotEmpty(reply.Degraded);
    }

    [Fact]
    public async Task Recommend_ForAStrangerWithContext_MixesProfilesAndTheContextsAnswer()
    {
        var world = new World();
        Snapshot snapshot = Fused(world);

        RecommendReply reply = await Ask(world, snapshot, new RecommendQuery { Context = Germany, Limit = 5 });

        var scores = new float[World.Items];
        await snapshot.Fusion!.ScoreAsync(world.Tower, 3, new FeatureSet(Germany), default, scores, default);
        Assert.Equal(Enumerable.Range(0, World.Items).OrderByDescending(row => scores[row]).ThenBy(row => row).Take(5).Select(row => $"i{row}"), reply.Items.Select(item => item.ItemId));
        Assert.Equal(Rung.ClusterProfile, reply.ServedBy);
        Assert.Equal(("i10", Sources.ClusterProfile), Assert.Single(reply.Items, item => item.ItemId == "i10") is var found ? (found.ItemId, found.Source) : default);
    }

    [Fact]
    public async Task Recommend_ByUsersWithMuchInCommon_IsOfTheSession()
    {
        var world = new World();
        var users = new WeightedLists([0, 3], [1, 4, 7], [1f, 1f, 1f], World.Items);
        Snapshot snapshot = Fused(
            world,
            [new UserNeighbourSource("user_neighbours", users), new PopularitySource("popularity", Rates(world))],
            new FusionWeights([new FusionWeightPoint(0, [1f, 1f])]));

        RecommendReply reply = await Ask(world, snapshot, new RecommendQuery { UserId = "anna", Limit = 3 });

        Assert.Equal(Rung.Session, reply.ServedBy);
        Assert.Equal(("i7", Sources.Neighbours), (reply.Items[0].ItemId, reply.Items[0].Source));
    }

    [Fact]
    public async Task Recommend_ForTheSameContext_RunsTheTowerOnce()
    {
        var world = new World();
        Snapshot snapshot = Fused(world);
        for (int i = 0; i < 3; i++)
            await Ask(world, snapshot, new RecommendQuery { Context = Germany });

        Assert.Equal(1, ((MeanTower)world.Tower).Calls);
    }

    [Fact]
    public async Task Recommend_WithNothingKnown_IsPopularityAndRunsNoModel()
    {
        var world = new World();

        RecommendReply reply = await Ask(world, Fused(world), new RecommendQuery { UserId = "nobody", Limit = 3 });

        Assert.Equal(Rung.Popularity, reply.ServedBy);
        Assert.Equal(["i0", "i1", "i2"], reply.Items.Select(item => item.ItemId));
        Assert.Equal(0, ((MeanTower)world.Tower).Calls);
    }

    [Fact]
    public async Task Recommend_ShowsWhatMayBeShown()
    {
        var world = new World();
        Snapshot snapshot = Fused(world);

        RecommendReply excluded = await Ask(world, snapshot, new RecommendQuery { UserId = "anna", ExcludedItemIds = ["i2"] });
        RecommendReply allowed = await Ask(world, snapshot, new RecommendQuery { UserId = "anna", AllowedItemIds = ["i1", "i3", "i9"] });
        RecommendReply seen = await Ask(world, snapshot, new RecommendQuery { UserId = "anna", IncludeSeen = true, Limit = 12 });

        Assert.DoesNotContain(excluded.Items, item => item.ItemId is "i1" or "i2" or "i4");
        Assert.Equal(["i3", "i9"], allowed.Items.Select(item => item.ItemId).Order());
        Assert.Contains(seen.Items, item => item.ItemId == "i1");
        Assert.Equal(12, seen.Items.Count);
    }

    [Fact]
    public async Task Recommend_WithOneRetriever_RunsThatOneAlone()
    {
        var world = new World();

        RecommendReply reply = await Ask(world, Fused(world), new RecommendQuery { UserId = "anna", Retrievers = Retrievers.Neighbours });

        Assert.Equal(Rung.Session, reply.ServedBy);
        Assert.All(reply.Items, item => Assert.Equal(Sources.Neighbours, item.Source));
        Assert.Equal(0, ((MeanTower)world.Tower).Calls);
        Assert.Empty(reply.Degraded);
    }

    [Fact]
    public async Task Recommend_AfterAnItemWasAdded_ScoresItByTheTowersAlone()
    {
        var world = new World();
        Snapshot snapshot = Fused(world);
        var content = new ItemContent("New", FeatureSet.None, FeatureSet.None);
        snapshot.Editor.Apply([new ItemChange("new", 1, content)], [0f, 5f, 0f]); // on anna's axis, far out

        RecommendReply reply = await Ask(world, snapshot, new RecommendQuery { UserId = "anna", Limit = 5, Explain = true });

        Assert.Equal(("new", Sources.Towers), (reply.Items[0].ItemId, reply.Items[0].Source));
        Assert.DoesNotContain((await Ask(world, snapshot, new RecommendQuery { UserId = "anna", ExcludedItemIds = ["new"] })).Items, item => item.ItemId == "new");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Recommend_WithWeightsOfNewItems_CountsAddedItemsAsNew(bool isWhole)
    {
        World world = new(), other = new();
        Snapshot snapshot = Fused(world, out _, isWhole, new NewItemWeights(6, 2f, [1f, 0f, 0f, 0f, 0f]));
        var vector = new float[3];
        Assert.True(world.Snapshot.Index.TryCopyVector(8, vector));
        snapshot.Editor.Apply([new ItemChange("twin", 1, new ItemContent("As the eighth", FeatureSet.None, FeatureSet.None))], vector);

        RecommendReply reply = await Ask(world, snapshot, new RecommendQuery { UserId = "anna", Limit = 20, Explain = true });
        RecommendReply plain = await Ask(other, Fused(other, isWhole), new RecommendQuery { UserId = "anna", Limit = 20 });

        float Score(RecommendReply of, string id) => of.Items.Single(item => item.ItemId == id).Score;
        Assert.Equal(Score(reply, "i8"), Score(reply, "twin"), 1e-4);
        Assert.NotEqual(Score(plain, "i8"), Score(reply, "i8"), 1e-2);
        Assert.Equal(Score(plain, "i3"), Score(reply, "i3"));
        Assert.Equal(Sources.Towers, reply.Items.Single(item => item.ItemId == "twin").Source);
    }

    [Fact]
    public async Task Recommend_WithAnAddedItemThatLiesFarOff_NamesTheTowersThatScoredIt()
    {
        var world = new World();
        Snapshot snapshot = Fused(world);
        snapshot.Editor.Apply([new ItemChange("new", 1, new ItemContent("New", FeatureSet.None, FeatureSet.None))], [0f, -5f, 0f]); // against anna's axis

        RecommendReply reply = await Ask(world, snapshot, new RecommendQuery { UserId = "anna", Limit = 20 });

        Assert.Equal(("new", Sources.Towers), (reply.Items[^1].ItemId, reply.Items[^1].Source));
    }

    [Fact]
    public async Task Recommend_WithManyAddedItems_GivesEachTheScoreOfItsPlace()
    {
        var world = new World();
        Snapshot snapshot = Fused(world);
        AddMany(snapshot, count: 600); // several blocks
        FusedScorer fused = snapshot.Fusion!;

        RecommendReply reply = await Ask(world, snapshot, new RecommendQuery { UserId = "anna", Limit = 700 });

        Dictionary<string, float> scores = reply.Items.ToDictionary(item => item.ItemId, item => item.Score);
        Assert.Equal(610, scores.Count);
        for (int row = World.Items; row < World.Items + 600; row++)
            Assert.Equal(SumOfParts(row), scores[$"new {row}"]);

        float SumOfParts(int row)
        {
            FusionScratch scratch = fused.Rent();
            float[] own = [0f, 0.975f, 0f], parts = new float[fused.Model.Sources.Count]; // the mean of i1 and i4
            var input = new FusionInput { History = [1, 4], Embedding = own };
            fused.Run(input, scratch, isWhole: true, default, wanted: 10, default);
            new ChangedRows(snapshot, fused.Model, scratch, default).Parts(row, input, parts);
            fused.Return(scratch);
            return parts.Sum();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Recommend_WithNoTimeForChangedItems_GoesOnWithoutThemAndSaysSo(bool areMoved)
    {
        var world = new World();
        Snapshot snapshot = Fused(world);
        if (areMoved)
            snapshot.Editor.Apply([new ItemChange("i3", 1, new ItemContent("Moved", FeatureSet.None, FeatureSet.None))], [0f, 5f, 0f]);
        else
            AddMany(snapshot, count: 600);
        string best = areMoved ? "i3" : "new ";
        var pipeline = new RecommendationPipeline(
            world.States, null, World.Keys, world.Options, new RecommendationMetrics(world.Meters), new TickingTime(), NullLoggerFactory.Instance);

        // Each look at the clock takes a tick, and changed items come last: of all budgets that are too small, the largest falls short of them alone.
        RecommendReply? late = null;
        for (int budget = 100; late is null && budget > 0; budget--)
        {
            snapshot.Fusion!.Options.Budget = TimeSpan.FromTicks(budget);
            RecommendReply reply = await pipeline.RecommendAsync(snapshot, new RecommendQuery { UserId = "anna", Limit = 10 }, CancellationToken.None);
            if (reply.Degraded.Count > 0)
                late = reply;
            else
                Assert.StartsWith(best, reply.Items[0].ItemId, StringComparison.Ordinal);
        }

        Degradation degradation = Assert.Single(late!.Degraded);
        Assert.Equal((Components.UserTower, DegradationReason.Timeout), (degradation.Component, degradation.Reason));
        Assert.Contains("changed since the bundle", degradation.Detail, StringComparison.Ordinal);
        Assert.Equal(10, late.Items.Count);
        if (areMoved)
            Assert.NotEqual("i3", late.Items[0].ItemId);
    }

    [Fact]
    public async Task Recommend_OfALargeCatalogue_AsksTheIndexThatServes()
    {
        var world = new World();
        Snapshot snapshot = Fused(world, isWhole: false);
        Assert.False(snapshot.Fusion!.IsWhole);
        RecommendReply before = await Ask(world, snapshot, new RecommendQuery { UserId = "anna", Limit = 10 });
        RecommendReply expected = await Ask(world, Fused(world), new RecommendQuery { UserId = "anna", Limit = 10 });

        Assert.Equal(expected.Items.Select(item => (item.ItemId, item.Source)), before.Items.Select(item => (item.ItemId, item.Source)));
        for (int i = 0; i < expected.Items.Count; i++)
            Assert.Equal(expected.Items[i].Score, before.Items[i].Score, 1e-5f);

        // What moved lies where it is now, what went is gone, what came is scored.
        snapshot.Editor.Apply(
            [
                new ItemChange("i2", 1, null),
                new ItemChange("i3", 1, new ItemContent("Moved", FeatureSet.None, FeatureSet.None)),
                new ItemChange("new", 1, new ItemContent("New", FeatureSet.None, FeatureSet.None)),
            ],
            [0f, 5f, 0f, 0f, 4f, 0f]);
        RecommendReply after = await Ask(world, snapshot, new RecommendQuery { UserId = "anna", Limit = 12 });

        Assert.Equal([("i3", Sources.Towers), ("new", Sources.Towers)], after.Items.Take(2).Select(item => (item.ItemId, item.Source)));
        Assert.Equal(10, after.Items.Count);
        Assert.DoesNotContain(after.Items, item => item.ItemId == "i2" || float.IsNaN(item.Score));
    }

    [Fact]
    public void TowerItems_Served_GivesDeletedRowsTheMean()
    {
        var world = new World();
        TowerItems items = TowerItems.Of(world.Snapshot.Index, World.Items);
        world.Snapshot.Editor.Apply([new ItemChange("i4", 1, null)], []);
        float[] whole = new float[World.Items], some = new float[3];

        items.Score([0f, 1f, 0f], new RowsToScore(World.Items), whole);
        int[] slots = new int[World.Items];
        (slots[1], slots[4], slots[0]) = (1, 2, 3);
        items.Score([0f, 1f, 0f], new RowsToScore([1, 4, 0], slots), some);

        // i1, i7 and i10 are what is left of the axis, of eleven items.
        Assert.Equal((0.99f + 0.93f + 0.90f) / 11, whole[4], 1e-6f);
        Assert.Equal([0.99f, 0.495f, 0f], some);
        Assert.Equal((World.Items, 3), (items.RowCount, items.Dimension));
    }

    [Fact]
    public async Task Recommend_AfterAnItemWasReplaced_ScoresItWhereItIsNow()
    {
        var world = new World();
        Snapshot snapshot = Fused(world);
        RecommendReply before = await Ask(world, snapshot, new RecommendQuery { UserId = "anna", Limit = 5 });
        snapshot.Editor.Apply([new ItemChange("i3", 1, new ItemContent("Moved", FeatureSet.None, FeatureSet.None))], [0f, 5f, 0f]);

        RecommendReply after = await Ask(world, snapshot, new RecommendQuery { UserId = "anna", Limit = 5 });

        Assert.NotEqual("i3", before.Items[0].ItemId);
        Assert.Equal(("i3", Sources.Towers), (after.Items[0].ItemId, after.Items[0].Source));
        Assert.Equal(after.Items.Count, after.Items.Select(item => item.ItemId).Distinct().Count());
    }

    [Fact]
    public async Task Recommend_AfterAnItemWasDeleted_DoesNotShowIt()
    {
        var world = new World();
        Snapshot snapshot = Fused(world);
        snapshot.Editor.Apply([new ItemChange("i2", 1, null)], []);

        RecommendReply reply = await Ask(world, snapshot, new RecommendQuery { UserId = "anna", Limit = 12 });

        Assert.DoesNotContain(reply.Items, item => item.ItemId == "i2");
        Assert.Equal(9, reply.Items.Count);
    }

    [Fact]
    public async Task Recommend_WithExplanation_NamesTheItemOfTheHistoryAndTheParts()
    {
        var world = new World();

        RecommendReply reply = await Ask(world, Fused(world), new RecommendQuery { UserId = "anna", Limit = 1, Explain = true });

        Reason reason = reply.Items[0].Reason!;
        Assert.Equal("i4", reason.BecauseOfItemId);
        Assert.Equal("Goes with 'Item 4' in the history.", reason.Text);
        Assert.Equal(["tower", "ease", "popularity"], reply.Items[0].Parts!.Select(part => part.Name));
        Assert.Equal("ease", reply.Items[0].Parts!.MaxBy(part => part.Contribution).Name);
    }

#if !DEBUG
    [Fact]
    public async Task Recommend_WhenWarm_StaysInTheByteBudgetOfTheLadder()
    {
        var world = new World();
        Snapshot snapshot = Fused(world);
        var query = new RecommendQuery { UserId = "anna", Limit = 10 };
        for (int i = 0; i < 500; i++)
            await world.Pipeline.RecommendAsync(snapshot, query, CancellationToken.None);

        const int calls = 500;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < calls; i++)
        {
            ValueTask<RecommendReply> call = world.Pipeline.RecommendAsync(snapshot, query, CancellationToken.None);
            Assert.True(call.IsCompletedSuccessfully); // so all of it was allocated on this thread
        }

        long perCall = (GC.GetAllocatedBytesForCurrentThread() - before) / calls;
        Assert.True(perCall <= 1_200, $"{perCall} bytes per call, 1,200 allowed");
    }
#endif

    private static ValueTask<RecommendReply> Ask(World world, Snapshot snapshot, RecommendQuery query) => world.Pipeline.RecommendAsync(snapshot, query, CancellationToken.None);

    /// <summary>Items around anna's axis, "new 12" and on.</summary>
    private static void AddMany(Snapshot snapshot, int count)
    {
        ItemChange[] changes = [.. Enumerable.Range(World.Items, count).Select(row => new ItemChange($"new {row}", 1, new ItemContent("New", FeatureSet.None, FeatureSet.None)))];
        snapshot.Editor.Apply(changes, [.. Enumerable.Range(0, count).SelectMany(i => new[] { MathF.Sin(i), 5f + MathF.Cos(i * 0.7f), MathF.Sin(i * 3) })]);
    }

    private static Snapshot Fused(World world, bool isWhole = true) => Fused(world, out _, isWhole);

    /// <summary>The world's snapshot with towers, one list (i4 → i2), profiles and popularity.</summary>
    private static Snapshot Fused(World world, out ExactIndex index, bool isWhole = true, NewItemWeights? newItems = null)
    {
        var vectors = new float[World.Items * 3];
        for (int row = 0; row < World.Items; row++)
            Assert.True(world.Snapshot.Index.TryCopyVector(row, vectors.AsSpan(row * 3, 3)));
        index = new ExactIndex(VectorMatrix.Create(vectors, 3), Metric.InnerProduct);
        int[] offsets = [.. Enumerable.Range(0, World.Items + 1).Select(row => row > 4 ? 1 : 0)];
        TowerItems items = isWhole ? TowerItems.Of(index) : TowerItems.Of(world.Snapshot.Index, World.Items);
        return Fused(
            world,
            [
                new TowerSource("tower", items),
                new TowerSource("tower_context", items, isOfContext: true),
                new NeighbourSource("ease", new WeightedLists(offsets, [2], [1f], World.Items)),
                new ClusterSource("clusters", new ClusterPosterior(world.Snapshot.Profiles!), world.Snapshot.BundlePopularity),
                new PopularitySource("popularity", Rates(world)),
            ],
            new FusionWeights([new FusionWeightPoint(0, [0.3f, 0.3f, 1f, 1f, 0.1f]), new FusionWeightPoint(2, [1f, 0f, 1f, 0f, 0.1f])]),
            isWhole,
            newItems);
    }

    private static Snapshot Fused(World world, ScoreSource[] sources, FusionWeights? weights, bool isWhole = true, NewItemWeights? newItems = null)
    {
        var options = new FusionOptions { DenseItems = isWhole ? World.Items : World.Items - 1 };
        Snapshot parts = world.Snapshot;
        return new Snapshot(parts.Model, parts.Items, parts.Index, parts.UserTower, null, parts.BundlePopularity, parts.Profiles) { Fusion = new FusedScorer(new FusionModel(sources, weights, newItems), options) };
    }

    private static float[] Rates(World world) => [.. Enumerable.Range(0, World.Items).Select(world.Snapshot.BundlePopularity.RateOf)];

    /// <summary>A clock on which each look takes a tick.</summary>
    private sealed class TickingTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => ++_now;
    }
}
