using System.Diagnostics.CodeAnalysis;
using Inference.Recommendations.Features;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Recommendations;

/// <summary>The ranking model within a request.</summary>
[SuppressMessage("Reliability", "CA2012", Justification = "These tests look at the tasks themselves.")]
public sealed class SlateRankingTests
{
    private static readonly Surface Ranked = new() { Name = "ranked", Ranks = true };

    [Fact]
    public async Task Recommend_WhereTheSurfaceRanks_OrdersAllCandidatesByTheModelsScore()
    {
        var world = new World();
        // The model wants the least popular items: the last of the twelve first.
        var ranker = new ScriptedRanker((input, scores) => Score(input, scores, row => row));

        RecommendReply reply = await Ask(world, ranker, new RecommendQuery { UserId = "anna", Limit = 4, Surface = Ranked });

        Assert.Equal(["i11", "i10", "i9", "i8"], Ids(reply));
        Assert.Equal([11f, 10f, 9f, 8f], reply.Items.Select(item => item.Score));
        Assert.Equal(Rung.UserTower, reply.ServedBy);
        Assert.All(reply.Items, item => Assert.Equal(Sources.Towers, item.Source));
        Assert.Empty(reply.Degraded);
        // Seen ones are no candidates; all others are, though four are wanted.
        Assert.Equal(World.Items - 2, ranker.Candidates);
        Assert.Equal(Ranked.RankBudget, ranker.Urgency.Patience);
    }

    [Fact]
    public async Task Recommend_WithFilledUpItems_RanksThemToo_AndTheyKeepTheirSource()
    {
        var world = new World();
        var ranker = new ScriptedRanker((input, scores) => Score(input, scores, row => row == 3 ? 5 : -row));

        RecommendReply reply = await Ask(world, ranker, new RecommendQuery { UserId = "nobody", Limit = 2, Surface = Ranked });

        Assert.Equal(["i3", "i0"], Ids(reply));
        // They stand where the model put them, so they are no filling any more.
        Assert.All(reply.Items, item => Assert.Equal((Sources.Popularity, SlotType.Exploit), (item.Source, item.SlotType)));
    }

    [Theory]
    [InlineData(5, 2_000, 2_000)]
    [InlineData(5_000, 2_000, 5_000)]
    public async Task Recommend_OfBulkWork_WaitsAsLongAsForTheTower(int rankBudget, int towerBudget, int expected)
    {
        var world = new World();
        world.Options.BulkTowerBudget = TimeSpan.FromMilliseconds(towerBudget);
        var ranker = new ScriptedRanker((input, scores) => Score(input, scores, row => row));

        await Ask(world, ranker, new RecommendQuery { UserId = "nobody", Limit = 2, Priority = WorkPriority.Bulk, Surface = Ranked with { RankBudget = TimeSpan.FromMilliseconds(rankBudget) } });

        Assert.Equal(new Urgency(WorkPriority.Bulk, TimeSpan.FromMilliseconds(expected)), ranker.Urgency);
    }

    [Fact]
    public async Task Recommend_WithEqualScores_KeepsTheOrderOfTheCandidates()
    {
        var world = new World();
        var ranker = new ScriptedRanker((input, scores) => Score(input, scores, row => row % 2 == 0 ? 0f : -0f));

        RecommendReply reply = await Ask(world, ranker, new RecommendQuery { UserId = "nobody", Limit = 12, Surface = Ranked });

        Assert.Equal(Enumerable.Range(0, 12).Select(row => $"i{row}"), Ids(reply));
    }

    [Theory]
    [InlineData(EncodeOutcome.Late, DegradationReason.Timeout)]
    [InlineData(EncodeOutcome.Refused, DegradationReason.Unavailable)]
    public async Task Recommend_WhereTheModelDeclines_KeepsTheOrderAndSaysSo(EncodeOutcome outcome, DegradationReason reason)
    {
        var world = new World();
        var ranker = new ScriptedRanker((_, _) => new ValueTask<EncodeOutcome>(outcome));

        await AssertUnranked(world, ranker, reason);
    }

    [Fact]
    public async Task Recommend_WhereTheModelFails_KeepsTheOrderAndSaysSo()
    {
        var ranker = new ScriptedRanker((_, scores) =>
        {
            scores.Span.Fill(float.NaN);
            throw new TowerException("The tower's output is not finite.");
        });

        await AssertUnranked(new World(), ranker, DegradationReason.Failed);
    }

    [Fact]
    public async Task Recommend_WhereTheModelHangs_GoesOnAfterTheSurfacesBudget()
    {
        var world = new World();
        var answer = new TaskCompletionSource<EncodeOutcome>();
        Memory<float> late = default;
        var ranker = new ScriptedRanker((_, scores) =>
        {
            late = scores;
            return new ValueTask<EncodeOutcome>(answer.Task);
        });
        Task<RecommendReply> asking = Ask(world, ranker, new RecommendQuery { UserId = "anna", Limit = 2, Surface = Ranked }).AsTask();

        Assert.False(asking.IsCompleted);
        world.Time.Advance(Ranked.RankBudget);
        RecommendReply reply = await asking;

        Assert.Equal(["i7", "i10"], Ids(reply));
        Assert.Equal((Components.Ranker, DegradationReason.Timeout), (Assert.Single(reply.Degraded).Component, reply.Degraded[0].Reason));
        // It writes after all; nobody else may have got its memory.
        late.Span.Fill(1);
        answer.SetResult(EncodeOutcome.Encoded);
    }

    [Fact]
    public async Task Recommend_WithNoTimeBeforeTheDeadline_DoesNotAskTheModel()
    {
        var world = new World();
        var ranker = new ScriptedRanker((_, _) => throw new InvalidOperationException("Asked."));

        RecommendReply reply = await Ask(world, ranker, new RecommendQuery { UserId = "nobody", Surface = Ranked, Deadline = world.Time.GetUtcNow() });

        Assert.Contains(reply.Degraded, one => one is { Component: Components.Ranker, Reason: DegradationReason.Timeout });
        Assert.Equal(0, ranker.Candidates);
    }

    [Fact]
    public async Task Recommend_WhereTheCallerGivesUp_IsCancelled()
    {
        var world = new World();
        using var cancel = new CancellationTokenSource();
        var ranker = new ScriptedRanker((_, _) =>
        {
            cancel.Cancel();
            return ValueTask.FromCanceled<EncodeOutcome>(cancel.Token);
        });
        using Snapshot snapshot = With(world, ranker);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await world.Pipeline.RecommendAsync(snapshot, new RecommendQuery { Surface = Ranked }, cancel.Token));
    }

    [Theory]
    [InlineData(true, false)] // a surface that ranks, a bundle that cannot
    [InlineData(false, true)] // and the other way round
    public async Task Recommend_WhereNothingIsToBeRanked_IsNoDefect(bool surfaceRanks, bool hasRanker)
    {
        var world = new World();
        var ranker = new ScriptedRanker((_, _) => throw new InvalidOperationException("Asked."));

        RecommendReply reply = await Ask(world, hasRanker ? ranker : null, new RecommendQuery { UserId = "anna", Limit = 2, Surface = Ranked with { Ranks = surfaceRanks } });

        Assert.Equal(["i7", "i10"], Ids(reply));
        Assert.Empty(reply.Degraded);
    }

    [Fact]
    public async Task Recommend_TellsTheModelWhatIsKnownOfUserAndItem()
    {
        var world = new World();
        float[] cross = [];
        int[] rows = [], history = [];
        var ranker = new ScriptedRanker((input, scores) =>
        {
            (cross, rows, history) = (input.Cross.ToArray(), input.Rows.ToArray(), input.History.ToArray());
            Assert.True(input.Features.TryGet("country", out FeatureValue country) && country.Text == "DE");
            Assert.Equal(world.Time.GetUtcNow().ToUnixTimeSeconds(), input.Now);
            return Score(input, scores, row => row);
        });

        await Ask(world, ranker, new RecommendQuery
        {
            UserId = "anna", RecentItemIds = ["i1", "i2"], IncludeSeen = true, Surface = Ranked, Context = new Dictionary<string, FeatureValue> { ["country"] = FeatureValue.Of("DE") },
        });

        // The history is i1, i4, i1, i2: the user is their mean, (0, (0.99 + 0.96 + 0.99) / 4, 0.98 / 4).
        Assert.Equal([1, 4, 1, 2], history);
        float y = (0.99f + 0.96f + 0.99f) / 4, z = 0.98f / 4;
        Assert.Equal(World.Items, rows.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            int row = rows[i];
            float length = 1 - (0.01f * row), product = (row % 3) switch { 0 => 0, 1 => y * length, _ => z * length };
            Assert.Equal(product, At(i, CrossFeature.RetrievalScore), 1e-6f);
            Assert.Equal(i + 1, At(i, CrossFeature.RetrievalRank));
            Assert.Equal(product, At(i, CrossFeature.InnerProduct), 1e-6f);
            Assert.Equal(product / length / MathF.Sqrt((y * y) + (z * z)), At(i, CrossFeature.Cosine), 1e-6f);
            Assert.Equal(0.5f - (0.04f * row), At(i, CrossFeature.Popularity), 1e-6f);
            Assert.Equal(row switch { 1 => 2, 2 => 1, 4 => 3, _ => float.NaN }, At(i, CrossFeature.HistoryPosition));
            Assert.Equal(row % 3 == 2 ? 1 : 0, At(i, CrossFeature.LatestSimilarity), 1e-6f);
            Assert.Equal(row % 3 == 0 ? 0 : 1, At(i, CrossFeature.HistorySimilarity), 1e-6f);
            Assert.Equal(3, At(i, CrossFeature.KnownEvents));
            Assert.Equal(0, At(i, CrossFeature.Impressions));
        }

        float At(int i, CrossFeature feature) => cross[(i * CrossFeatures.Count) + (int)feature];
    }

    [Fact]
    public async Task Recommend_OfAUserWithoutEmbedding_LeavesItsProductsUnknown()
    {
        var ranker = new ScriptedRanker((input, scores) =>
        {
            Assert.True(float.IsNaN(input.Cross.Span[(int)CrossFeature.InnerProduct]));
            Assert.True(float.IsNaN(input.Cross.Span[(int)CrossFeature.LatestSimilarity]));
            return Score(input, scores, row => row);
        });

        RecommendReply reply = await Ask(new World(), ranker, new RecommendQuery { UserId = "nobody", Limit = 1, Surface = Ranked });

        Assert.Equal(["i11"], Ids(reply));
        Assert.Empty(reply.Degraded);
    }

#if !DEBUG
    [Fact]
    public async Task Recommend_WhenRankedAndWarm_AllocatesNoMorePerCandidate()
    {
        var world = new World();
        var ranker = new ScriptedRanker((input, scores) => Score(input, scores, static row => row));
        using Snapshot snapshot = With(world, ranker);
        long few = await BytesOf(new RecommendQuery { UserId = "anna", Limit = 2, Surface = Ranked with { Depth = 3 } });
        long many = await BytesOf(new RecommendQuery { UserId = "anna", Limit = 2, Surface = Ranked });

        Assert.Equal(few, many);
        Assert.True(many <= 1_000, $"{many} bytes per call");

        async Task<long> BytesOf(RecommendQuery query)
        {
            for (int i = 0; i < 1_000; i++)
                await world.Pipeline.RecommendAsync(snapshot, query, CancellationToken.None);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1_000; i++)
                Assert.True(world.Pipeline.RecommendAsync(snapshot, query, CancellationToken.None).IsCompletedSuccessfully);
            return (GC.GetAllocatedBytesForCurrentThread() - before) / 1_000;
        }
    }
#endif

    private static async Task AssertUnranked(World world, ScriptedRanker ranker, DegradationReason reason)
    {
        RecommendReply reply = await Ask(world, ranker, new RecommendQuery { UserId = "anna", Limit = 2, Surface = Ranked });

        Assert.Equal(["i7", "i10"], Ids(reply));
        Degradation degraded = Assert.Single(reply.Degraded);
        Assert.Equal((Components.Ranker, reason), (degraded.Component, degraded.Reason));
        Assert.All(reply.Items, item => Assert.True(float.IsFinite(item.Score)));
    }

    private static async ValueTask<RecommendReply> Ask(World world, IRanker? ranker, RecommendQuery query)
    {
        Snapshot snapshot = With(world, ranker);
        return await world.Pipeline.RecommendAsync(snapshot, query, CancellationToken.None);
    }

    private static Snapshot With(World world, IRanker? ranker)
    {
        Snapshot parts = world.Snapshot;
        return new Snapshot(parts.Model, parts.Items, parts.Index, parts.UserTower, null, parts.BundlePopularity, parts.Profiles) { Ranker = ranker };
    }

    private static ValueTask<EncodeOutcome> Score(RankInput input, Memory<float> scores, Func<int, float> of)
    {
        for (int i = 0; i < scores.Length; i++)
            scores.Span[i] = of(input.Rows.Span[i]);
        return new ValueTask<EncodeOutcome>(EncodeOutcome.Encoded);
    }

    private static IEnumerable<string> Ids(RecommendReply reply) => reply.Items.Select(item => item.ItemId);

    /// <summary>A model that does what the test tells it, and reads everything.</summary>
    private sealed class ScriptedRanker(Func<RankInput, Memory<float>, ValueTask<EncodeOutcome>> script) : IRanker
    {
        public FeatureSchema Features { get; } = new([new("country", [FeatureKind.Text])]);

        public FeatureSchema ItemFeatures => FeatureSchema.Empty;

        public uint Reads => uint.MaxValue;

        public int MaxBatch => 128;

        public int MaxHistory => 0;

        public int Candidates { get; private set; }

        public Urgency Urgency { get; private set; }

        public ValueTask<EncodeOutcome> RankAsync(RankInput input, Memory<float> scores, Urgency urgency, CancellationToken cancellationToken)
        {
            Candidates = scores.Length;
            Urgency = urgency;
            return script(input, scores);
        }
    }
}
