using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Queries;
using Inference.Vectors;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Recommendations.Fusion;

public sealed class FusedScorerTests : IDisposable
{
    private readonly FusionWorld _world = new();
    private readonly Oracle _oracle;

    public FusedScorerTests() => _oracle = new Oracle(_world);

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(10)]
    [InlineData(60)]
    public void Score_IsTheWeightedSumOfStandardisedScores(int events)
    {
        int[] history = _world.History(events, 7);
        float[] own = _world.Vector(8), context = _world.Vector(9);
        FeatureSet features = FusionWorld.Context("DE", "desk");
        using var model = new FusionModel(_world.Sources(), FusionWorld.Weights());
        var scores = new float[_world.Items];

        new FusedScorer(model).Score(new FusionInput { Features = features, History = history, Embedding = own, ContextEmbedding = context }, scores);

        double[] expected = Expected(history, own, context, features, WeightsAt(events));
        for (int row = 0; row < scores.Length; row++)
            Assert.Equal(expected[row], scores[row], 2e-3);
        Assert.Equal(Best(expected, 10), Best([.. scores.Select(score => (double)score)], 10));
    }

    [Fact]
    public void Score_WithoutTheTower_IsTheSumOfTheOthers()
    {
        int[] history = _world.History(5, 7);
        FeatureSet features = FusionWorld.Context("FR");
        using var model = new FusionModel(_world.Sources(), FusionWorld.Weights());
        var scores = new float[_world.Items];

        new FusedScorer(model).Score(new FusionInput { Features = features, History = history }, scores);

        double[] weights = WeightsAt(5);
        weights[0] = weights[1] = 0;
        double[] expected = Expected(history, _world.Vector(8), _world.Vector(9), features, weights, device: false);
        for (int row = 0; row < scores.Length; row++)
            Assert.Equal(expected[row], scores[row], 2e-3);
    }

    [Fact]
    public void Score_Twice_GivesTheSameBits()
    {
        using var model = new FusionModel(_world.Sources(), FusionWorld.Weights());
        var scorer = new FusedScorer(model);
        var first = new float[_world.Items];
        var other = new float[_world.Items];
        var again = new float[_world.Items];
        float[] own = _world.Vector(1);

        scorer.Score(new FusionInput { History = _world.History(9, 1), Embedding = own }, first);
        scorer.Score(new FusionInput { History = _world.History(30, 2), Features = FusionWorld.Context("DE") }, other);
        scorer.Score(new FusionInput { History = _world.History(9, 1), Embedding = own }, again);

        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
    }

    [Theory]
    [InlineData(0, 0.5f)]
    [InlineData(2, 0.5f)]
    [InlineData(9, 1.5f)]
    [InlineData(500, 1.5f)]
    public void Weights_AreConstantOutsideOfThePoints(int events, float expected)
    {
        var weights = new FusionWeights([new FusionWeightPoint(2, [0.5f]), new FusionWeightPoint(9, [1.5f])]);
        Span<float> at = stackalloc float[1];

        weights.At(events, at);

        Assert.Equal(expected, at[0]);
    }

    [Fact]
    public void Weights_BetweenPoints_AreLinearInTheLogarithm()
    {
        var weights = new FusionWeights([new FusionWeightPoint(1, [0f]), new FusionWeightPoint(7, [1f])]);
        Span<float> at = stackalloc float[1];

        weights.At(3, at);

        Assert.Equal(0.5f, at[0], 1e-6f); // log 4 lies in the middle of log 2 and log 8
    }

    [Fact]
    public void Score_WithoutWeights_AddsReciprocalRanks()
    {
        using var model = new FusionModel([new PopularitySource("a", _world.Rates, 1e-30f), new PopularitySource("b", _world.Recent, 1e-30f)]);
        var scores = new float[_world.Items];

        new FusedScorer(model).Score(default, scores);

        int[] a = Best([.. _world.Rates.Select(rate => (double)rate)], _world.Items - 1), b = Best([.. _world.Recent.Select(rate => (double)rate)], _world.Items - 1);
        for (int row = 0; row < scores.Length; row++)
            Assert.Equal(Reciprocal(a, row) + Reciprocal(b, row), scores[row], 1e-6);

        static double Reciprocal(int[] ranked, int row) => Array.IndexOf(ranked, row) is >= 0 and int rank ? 1.0 / (60 + rank + 1) : 0;
    }

    [Fact]
    public void Run_WithASourceThatFails_GoesOnWithTheOthers()
    {
        // Its items are gone, so the source throws.
        using VectorMatrix matrix = VectorMatrix.Create(_world.ItemVectors, FusionWorld.Dimension);
        var broken = new ExactIndex(matrix, Metric.InnerProduct);
        broken.Dispose();
        using var model = new FusionModel(
            [new TowerSource("tower", TowerItems.Of(broken)), new PopularitySource("popularity", _world.Rates)], new FusionWeights([new FusionWeightPoint(0, [1f, 1f])]));
        var scorer = new FusedScorer(model);
        FusionScratch scratch = scorer.Rent();
        var time = new ManualTime();

        scorer.Run(new FusionInput { History = [1], Embedding = _world.Vector(1) }, scratch, isWhole: true, default, wanted: 10, new FusionClock(time, time.GetTimestamp()));

        Assert.Equal([SourceOutcome.Failed, SourceOutcome.Scored], scratch.Outcomes);
        Assert.NotNull(scratch.Failure);
        Assert.Equal(Best([.. _world.Rates.Select(rate => (double)rate)], 10), Best([.. scratch.Fused.ToArray().Select(score => (double)score)], 10));
        Assert.Throws<ObjectDisposedException>(() => scorer.Score(new FusionInput { History = [1], Embedding = _world.Vector(1) }, new float[_world.Items]));
    }

    [Fact]
    public void Run_WithNoTimeLeft_LeavesSourcesOut()
    {
        using var model = new FusionModel(_world.Sources(), FusionWorld.Weights());
        var scorer = new FusedScorer(model);
        FusionScratch scratch = scorer.Rent();
        var time = new ManualTime();

        scorer.Run(new FusionInput { History = [1] }, scratch, isWhole: true, default, wanted: 10, new FusionClock(time, time.GetTimestamp() - 1));

        Assert.All(scratch.Outcomes.Where((_, source) => source != 1), outcome => Assert.Equal(SourceOutcome.Late, outcome));
    }

    [Fact]
    public void Run_WithKindsLeftOut_DoesNotRunThem()
    {
        using var model = new FusionModel(_world.Sources(), FusionWorld.Weights());
        var scorer = new FusedScorer(model);
        FusionScratch scratch = scorer.Rent();

        scorer.Run(new FusionInput { History = [1, 2, 3], Without = Retrievers.All & ~Retrievers.Neighbours }, scratch, isWhole: true, default, wanted: 10, default);

        Assert.Equal(["ease", "rules", "users"], model.Sources.Where((_, i) => scratch.Outcomes[i] == SourceOutcome.Scored).Select(source => source.Name));
    }

    [Fact]
    public void Run_OfALargeCatalogue_AgreesWithTheWholeOneOnTheTopTen()
    {
        using var world = new FusionWorld(items: 20_000, seed: 3);
        using var model = new FusionModel(world.Sources(), FusionWorld.Weights());
        var whole = new FusedScorer(model);
        var candidates = new FusedScorer(model, new FusionOptions { DenseItems = 1_000 });
        Assert.False(candidates.IsWhole);
        FusionScratch scratch = candidates.Rent();
        var scores = new float[world.Items];
        int same = 0;
        const int users = 20;
        for (int user = 0; user < users; user++)
        {
            var input = new FusionInput { History = world.History(user, user), Embedding = world.Vector(user), ContextEmbedding = world.Vector(-user), Features = FusionWorld.Context("FR", "phone") };
            whole.Score(input, scores);
            candidates.Run(input, scratch, isWhole: false, default, wanted: 10, default);

            int[] rows = scratch.Candidates.Rows.ToArray();
            int[] found = [.. scratch.Fused.ToArray().Select((score, place) => (score, row: rows[place])).OrderByDescending(scored => scored.score).ThenBy(scored => scored.row).Take(10).Select(scored => scored.row)];
            same += Best([.. scores.Select(score => (double)score)], 10).Intersect(found).Count();
            Assert.InRange(rows.Length, FusedScorer.SampleRows, 12_000);
        }

        Assert.True(same >= 0.95 * 10 * users, $"{same} of {10 * users} are the same.");
    }

    [Theory]
    [InlineData(100)]
    [InlineData(5_000)]
    [InlineData(10_000)]
    public void Run_OfALargeCatalogueWithAnAllowList_ScoresAllThatIsAllowed(int allowed)
    {
        using var world = new FusionWorld(items: 20_000, seed: 3);
        using var model = new FusionModel(world.Sources(), FusionWorld.Weights());
        var scorer = new FusedScorer(model, new FusionOptions { DenseItems = 1_000 });
        FusionScratch scratch = scorer.Rent();
        using RowSet rows = RowSet.Rent(world.Items + 50); // the set knows rows that came since the bundle
        rows.Add(world.Items + 7);
        while (rows.Count < allowed)
            rows.Add(world.Items - (2 * rows.Count)); // what nobody touches

        scorer.Run(new FusionInput { History = world.History(6, 1), Embedding = world.Vector(2) }, scratch, isWhole: false, RowFilter.Allow(rows), wanted: 10, default);

        HashSet<int> scored = [.. scratch.Candidates.Rows];
        Assert.Equal(allowed - 1, scored.Count(rows.Contains));
        Assert.All(scored, row => Assert.InRange(row, 0, world.Items - 1));
    }

    [Fact]
    public void Score_OfManyAtOnce_IsThatOfEachAlone()
    {
        using var model = new FusionModel(_world.Sources(), FusionWorld.Weights());
        var scorer = new FusedScorer(model);
        const int users = 40;
        float[][] alone = [.. Enumerable.Range(0, users).Select(user => ScoresOf(new FusedScorer(model), user))];

        Parallel.For(0, users * 10, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => Assert.Equal(alone[i % users], ScoresOf(scorer, i % users)));

        float[] ScoresOf(FusedScorer of, int user)
        {
            var scores = new float[_world.Items];
            of.Score(
                new FusionInput { History = _world.History(user, user), Embedding = _world.Vector(user), ContextEmbedding = _world.Vector(-user), Features = FusionWorld.Context(user % 2 == 0 ? "DE" : "FR") },
                scores);
            return scores;
        }
    }

    [Theory]
    [InlineData(100, 2)]
    [InlineData(1_000, 1)] // takes more than 4,000 bytes
    public void Pool_KeepsFewerOfWhatIsLarge(int items, int perCore)
    {
        var pool = new FusionScratchPool(sources: 1, largeBytes: 4_000);
        FusionScratch[] used = [.. Enumerable.Range(0, 3 * Environment.ProcessorCount).Select(_ => pool.Rent())];
        foreach (FusionScratch scratch in used)
        {
            scratch.Size(items, isWhole: true);
            pool.Return(scratch);
        }

        HashSet<FusionScratch> again = [.. Enumerable.Range(0, used.Length).Select(_ => pool.Rent())];

        Assert.Equal(perCore * Environment.ProcessorCount, used.Count(again.Contains));
    }

    [Fact]
    public void Run_WhenWarm_AllocatesNothing()
    {
        using var model = new FusionModel(_world.Sources(), FusionWorld.Weights());
        var whole = new FusedScorer(model);
        var some = new FusedScorer(model, new FusionOptions { DenseItems = 0 });
        int[] history = _world.History(20, 1);
        float[] own = _world.Vector(1);
        FeatureSet features = FusionWorld.Context("DE", "desk");
        var scores = new float[_world.Items];
        Run(whole, isWhole: true);
        Run(some, isWhole: false);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 50; i++)
        {
            Run(whole, isWhole: true);
            Run(some, isWhole: false);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run(FusedScorer scorer, bool isWhole)
        {
            var input = new FusionInput { History = history, Embedding = own, Features = features };
            FusionScratch scratch = scorer.Rent();
            scorer.Run(input, scratch, isWhole, default, wanted: 10, default);
            scorer.Return(scratch);
            scorer.Score(input, scores);
        }
    }

    private static int[] Best(double[] scores, int count) => [.. Enumerable.Range(0, scores.Length).OrderByDescending(row => scores[row]).ThenBy(row => row).Take(count)];

    private static double[] WeightsAt(int events)
    {
        var weights = new float[10];
        FusionWorld.Weights().At(events, weights);
        return [.. weights.Select(weight => (double)weight)];
    }

    private double[] Expected(int[] history, float[] own, float[] context, FeatureSet features, double[] weights, bool device = true)
    {
        int[] lists = features.TryGet("country", out FeatureValue country) && country.Text == "FR" ? [1] : [0];
        double[][] sources =
        [
            Oracle.Standardise(_oracle.Tower(own), true),
            Oracle.Standardise(_oracle.Tower(context), true),
            Oracle.Standardise(_oracle.Neighbours(_world.Neighbours, history, FusionWorld.Decay, FusionWorld.Latest, largest: false), true),
            Oracle.Standardise(_oracle.Neighbours(_world.Rules, history, 1, int.MaxValue, largest: true), true),
            Oracle.Standardise(_oracle.Factors(features, history), true),
            Oracle.Standardise(_oracle.Clusters(features, history, 1e-6), false),
            Oracle.Standardise(_oracle.Context(device ? [.. lists, 3] : lists), false),
            Oracle.Standardise(Oracle.Popularity(_world.Rates, 1e-6), true),
            Oracle.Standardise(Oracle.Popularity(_world.Recent, 1e-3), true),
            Oracle.Standardise(_oracle.Users(history), true),
        ];
        return [.. Enumerable.Range(0, _world.Items).Select(row => Enumerable.Range(0, sources.Length).Sum(i => weights[i] * sources[i][row]))];
    }
}
