using Inference.Recommendations.Fusion;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Surfaces;
using UnitTests.Recommendations.Fusion;
using Xunit;

namespace UnitTests.Recommendations.Retrieval;

/// <summary>Several retrievers side by side.</summary>
public sealed class SurfaceSlateTests
{
    private static readonly int[] History = [17, 3, 60, 41, 9, 77];
    private static readonly string[] Side = ["towers", "recent_items", "popularity", "ease", "cluster_profile", "learned"];

    public static TheoryData<SurfaceFusion, bool, bool> Fusions => new()
    {
        { SurfaceFusion.Learned, true, true }, { SurfaceFusion.Learned, true, false }, { SurfaceFusion.Learned, false, true },
        { SurfaceFusion.ReciprocalRank, true, true }, { SurfaceFusion.ReciprocalRank, false, true }, { SurfaceFusion.ReciprocalRank, true, false },
        { SurfaceFusion.ZScore, true, true }, { SurfaceFusion.ZScore, false, true }, { SurfaceFusion.ZScore, true, false },
    };

    [Theory]
    [MemberData(nameof(Fusions))]
    public async Task Recommend_OfAnyFusion_GivesPartsThatAddUpToTheScore(SurfaceFusion fusion, bool withModel, bool isWhole)
    {
        var shop = new SurfaceShop(withModel, isWhole);

        RecommendReply reply = await shop.AskAsync(SurfaceShop.Query(SurfaceShop.Of(fusion, 40, Side), History, limit: 20, explain: true));

        Assert.Equal(20, reply.Items.Count);
        Assert.Equal(reply.Items.Select(item => item.Score).OrderDescending(), reply.Items.Select(item => item.Score));
        Assert.All(reply.Items, item =>
        {
            Assert.Equal(item.Score, item.Parts!.Sum(part => part.Contribution), 1e-5 * Math.Max(1e-3, Math.Abs(item.Score)));
            Assert.DoesNotContain(SurfaceShop.RowOf(item), History);
        });
        Assert.Equal("shelf", reply.Surface);
    }

    /// <summary>A sum of parts need not be a number of single precision; what lies between both is no part of any of them.</summary>
    [Fact]
    public void Add_OfLargeParts_KeepsThemAsTheyAre()
    {
        var shop = new SurfaceShop();
        FusedScorer scorer = shop.Snapshot.Fusion!;
        FusionScratch scratch = scorer.Rent();
        scorer.Run(new FusionInput { History = History }, scratch, isWhole: true, default, 10, default);
        float[] added = new float[scorer.Model.Sources.Count];
        (added[0], added[1]) = (1 << 24, 1);
        for (int i = 0; i < added.Length; i++)
            (scratch.Outcomes[i], scratch.Weights[i]) = (SourceOutcome.Scored, 1);
        var parts = new ScoreParts();

        new FusedParts(parts, scorer.Model, scratch).Add(3, (1 << 24) + 1.0, added, 0);

        Assert.Equal((1 << 24) + 1.0, parts.Of(3)!.Sum(part => part.Contribution));
        scorer.Return(scratch);
    }

    [Fact]
    public async Task Recommend_WithTheLearnedModelAlone_IsWhatTheModelServesWithoutASurface()
    {
        var shop = new SurfaceShop();
        RecommendQuery plain = SurfaceShop.Query(null!, History, limit: 20);
        RecommendReply expected = await shop.AskAsync(plain);

        RecommendReply reply = await shop.AskAsync(SurfaceShop.Query(SurfaceShop.Of(SurfaceFusion.Learned, 20, "learned"), History, limit: 20));

        Assert.Equal(expected.Items.Select(item => (item.ItemId, item.Source)), reply.Items.Select(item => (item.ItemId, item.Source)));
        for (int i = 0; i < reply.Items.Count; i++)
            Assert.Equal(expected.Items[i].Score, reply.Items[i].Score, 1e-4f);
        Assert.Equal(expected.ServedBy, reply.ServedBy);
    }

    [Fact]
    public async Task Recommend_ByRanks_AddsUpWhatThreeRetrieversGive()
    {
        var shop = new SurfaceShop();
        string[] names = ["towers", "recent_items", "ease"];
        double[] weights = [1, 0.5, 2];
        var ranked = new List<string[]>();
        foreach (string name in names)
            ranked.Add([.. (await shop.AskAsync(SurfaceShop.Query(SurfaceShop.Of(SurfaceFusion.ReciprocalRank, 15, name), History, limit: 15))).Items.Where(item => item.SlotType != SlotType.Fallback).Select(item => item.ItemId)]);
        Surface surface = SurfaceShop.Of(SurfaceFusion.ReciprocalRank, 15, names);
        surface = surface with { Retrievers = [.. surface.Retrievers.Select((retriever, i) => retriever with { Weight = (float)weights[i] })] };

        RecommendReply reply = await shop.AskAsync(SurfaceShop.Query(surface, History, limit: 10));

        var expected = ranked.SelectMany(list => list).Distinct().ToDictionary(id => id, id => names.Select((_, i) => Array.IndexOf(ranked[i], id) is >= 0 and int rank ? weights[i] / (61 + rank) : 0).Sum());
        Assert.Equal(expected.Values.OrderDescending().Take(10).Select(score => (float)score), reply.Items.Select(item => item.Score), (a, b) => Math.Abs(a - b) < 1e-6f);
        Assert.All(reply.Items, item => Assert.Equal(expected[item.ItemId], item.Score, 1e-6));
    }

    [Theory]
    [InlineData(SurfaceFusion.ZScore)]
    [InlineData(SurfaceFusion.Learned)]
    public async Task Recommend_WithARetrieverThatFails_IsAnsweredByTheOthersAndSaysSo(SurfaceFusion fusion)
    {
        var shop = new SurfaceShop(change: source => source.Name == "ease" ? new Troubled(source, static () => throw new InvalidOperationException("broken")) : source);

        RecommendReply reply = await shop.AskAsync(SurfaceShop.Query(SurfaceShop.Of(fusion, 40, "towers", "ease", "popularity"), History, explain: true));

        Degradation label = Assert.Single(reply.Degraded);
        Assert.Equal((Components.Neighbours, DegradationReason.Failed), (label.Component, label.Reason));
        Assert.Equal(RetrieverOutcome.Failed, Assert.Single(reply.Report!.Retrievers, report => report.Name == "ease").Outcome);
        Assert.Equal(10, reply.Items.Count);
    }

    [Fact]
    public async Task Recommend_WithOneLeftOut_SharesItsWeightAmongTheOthers()
    {
        var broken = new SurfaceShop(change: source => source.Name == "ease" ? new Troubled(source, static () => throw new InvalidOperationException("broken")) : source);
        RecommendReply less = await broken.AskAsync(SurfaceShop.Query(SurfaceShop.Of(SurfaceFusion.ReciprocalRank, 40, "towers", "ease", "popularity"), History));
        RecommendReply without = await broken.AskAsync(SurfaceShop.Query(SurfaceShop.Of(SurfaceFusion.ReciprocalRank, 40, "towers", "popularity"), History));

        Assert.Equal(without.Items.Select(item => item.ItemId), less.Items.Select(item => item.ItemId));
        for (int i = 0; i < less.Items.Count; i++)
            Assert.Equal(1.5f * without.Items[i].Score, less.Items[i].Score, 1e-6f);
    }

    [Fact]
    public async Task Recommend_WithASlowRetriever_LeavesItOutOnceThatIsKnown()
    {
        SurfaceShop? shop = null;
        shop = new SurfaceShop(change: source => source.Name == "ease" ? new Troubled(source, () => shop!.Time.Advance(TimeSpan.FromMilliseconds(6))) : source);
        Surface surface = SurfaceShop.Of(SurfaceFusion.ZScore, 40, "towers", "ease", "popularity");
        surface = surface with { Retrievers = [.. surface.Retrievers.Select(retriever => retriever with { Budget = TimeSpan.FromMilliseconds(5) })] };

        int late = 0;
        for (int i = 0; i < 40; i++)
        {
            RecommendReply reply = await shop.AskAsync(SurfaceShop.Query(surface, History));
            Assert.Equal(10, reply.Items.Count);
            late += reply.Degraded.Count;
            Assert.All(reply.Degraded, label => Assert.Equal((Components.Neighbours, DegradationReason.Timeout), (label.Component, label.Reason)));
        }

        Assert.InRange(late, 5, 39);
    }

    [Fact]
    public async Task Recommend_BehindARetrieverThatTookAllTheTime_LabelsTheOthersAndIsNotEmpty()
    {
        SurfaceShop? shop = null;
        shop = new SurfaceShop(change: source => source.Name == "ease" ? new Troubled(source, () => shop!.Time.Advance(TimeSpan.FromSeconds(1))) : source);

        RecommendReply reply = await shop.AskAsync(SurfaceShop.Query(SurfaceShop.Of(SurfaceFusion.ReciprocalRank, 40, "ease", "recent_items", "popularity"), History, explain: true));

        Assert.Equal([Components.RecentItems, Components.Popularity], reply.Degraded.Select(label => label.Component));
        Assert.All(reply.Degraded, label => Assert.Equal(DegradationReason.Timeout, label.Reason));
        Assert.Equal(10, reply.Items.Count);
    }

    /// <summary>Work in bulk may take its time: what is too late for a single call is not for it.</summary>
    [Theory]
    [InlineData(WorkPriority.Interactive, 2)]
    [InlineData(WorkPriority.Bulk, 0)]
    public async Task Recommend_OfBulkWork_HasTheTimeOfBulkWork(WorkPriority priority, int late)
    {
        SurfaceShop? shop = null;
        shop = new SurfaceShop(change: source => source.Name == "ease" ? new Troubled(source, () => shop!.Time.Advance(TimeSpan.FromMilliseconds(200))) : source);
        RecommendQuery query = SurfaceShop.Query(SurfaceShop.Of(SurfaceFusion.ReciprocalRank, 40, "ease", "recent_items", "popularity"), History, priority: priority);

        RecommendReply reply = await shop.AskAsync(query);

        Assert.Equal(late, reply.Degraded.Count);
    }

    /// <summary>The user tower has a budget of its own, longer than that of the retrievers; what waits for it has what is left of theirs when it answers.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Recommend_BehindASlowTower_StillSearchesWithItsAnswer(bool withModel)
    {
        SurfaceShop? shop = null;
        shop = new SurfaceShop(withModel, asked: () => shop!.Time.Advance(TimeSpan.FromMilliseconds(45)));

        RecommendReply reply = await shop.AskAsync(SurfaceShop.Query(SurfaceShop.Of(SurfaceFusion.ReciprocalRank, 40, "towers"), History));

        Assert.Empty(reply.Degraded);
        Assert.All(reply.Items, item => Assert.Equal(Sources.Towers, item.Source));
    }

    [Fact]
    public async Task Recommend_WithWhatTheBundleLacks_SaysSoOnce()
    {
        var shop = new SurfaceShop(withModel: false);
        Surface surface = SurfaceShop.Of(SurfaceFusion.ZScore, 40, "towers", "ease", "factors", "learned");

        Degradation label = Assert.Single((await shop.AskAsync(SurfaceShop.Query(surface, History))).Degraded);
        Assert.Equal((Components.Retrievers, DegradationReason.Unavailable), (label.Component, label.Reason));
        Assert.Contains("'ease', 'factors', 'learned'", label.Detail, StringComparison.Ordinal);

        surface = surface with { Retrievers = [.. surface.Retrievers.Select(retriever => retriever with { IsOptional = true })] };
        Assert.Empty((await shop.AskAsync(SurfaceShop.Query(surface, History))).Degraded);
    }

    [Fact]
    public async Task Recommend_OfARequestThatRestrictsRetrievers_RunsNoOther()
    {
        var shop = new SurfaceShop();
        RecommendQuery query = SurfaceShop.Query(SurfaceShop.Of(SurfaceFusion.ZScore, 40, Side), History, explain: true);
        var restricted = new RecommendQuery
        {
            Surface = query.Surface, RecentItemIds = query.RecentItemIds, Limit = 10, Explain = true, Retrievers = Retrievers.RecentItems | Retrievers.Popularity,
        };

        RecommendReply reply = await shop.AskAsync(restricted);

        // "learned" may answer by its popularity alone.
        Assert.Equal(["recent_items", "popularity", "learned"], reply.Report!.Retrievers.Select(report => report.Name));
        Assert.Equal(0, shop.Tower.Calls);
        Assert.Equal(Rung.Session, reply.ServedBy);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Recommend_OfNobody_IsPopular(bool withModel)
    {
        var shop = new SurfaceShop(withModel);

        RecommendReply reply = await shop.AskAsync(new RecommendQuery { Surface = SurfacesFile.BuiltIn.Find("home"), Limit = 10 });

        Assert.Equal(Rung.Popularity, reply.ServedBy);
        Assert.Equal(10, reply.Items.Count);
        Assert.Equal(0, shop.Tower.Calls);
        Assert.Empty(reply.Degraded);
    }

#if !DEBUG
    [Theory]
    [InlineData(SurfaceFusion.Learned, true)]
    [InlineData(SurfaceFusion.ReciprocalRank, true)]
    [InlineData(SurfaceFusion.ZScore, true)]
    [InlineData(SurfaceFusion.ZScore, false)]
    public async Task Recommend_WhenWarm_StaysInTheByteBudgetOfTheLadder(SurfaceFusion fusion, bool withModel)
    {
        var shop = new SurfaceShop(withModel);
        RecommendQuery query = SurfaceShop.Query(SurfaceShop.Of(fusion, 40, withModel ? Side : Side[..3]), History);
        for (int i = 0; i < 1_000; i++)
            await shop.AskAsync(query);

        const int calls = 1_000;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < calls; i++)
        {
            ValueTask<RecommendReply> call = shop.Pipeline.RecommendAsync(shop.Snapshot, query, CancellationToken.None);
            Assert.True(call.IsCompletedSuccessfully);
        }

        long perCall = (GC.GetAllocatedBytesForCurrentThread() - before) / calls;
        Assert.True(perCall <= 1_300, $"{perCall} bytes per call");
    }
#endif

    private sealed class Troubled(ScoreSource inner, Action trouble) : ScoreSource(inner.Name, inner.Kind, inner.RowCount, inner.IsStandardised)
    {
        internal override bool IsSparse => inner.IsSparse;

        internal override bool ReadsHistory => inner.ReadsHistory;

        internal override bool Score(in FusionInput input, FusionScratch scratch, RowsToScore rows, Span<float> scores)
        {
            trouble();
            return inner.Score(input, scratch, rows, scores);
        }

        internal override void Propose(in FusionInput input, FusionScratch scratch, int most) => inner.Propose(input, scratch, most);
    }
}
