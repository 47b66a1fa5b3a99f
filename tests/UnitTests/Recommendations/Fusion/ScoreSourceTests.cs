using System.Collections.Frozen;
using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;
using Xunit;

namespace UnitTests.Recommendations.Fusion;

/// <summary>Each source alone, against its formula in double.</summary>
public sealed class ScoreSourceTests : IDisposable
{
    private readonly FusionWorld _world = new();
    private readonly Oracle _oracle;

    public ScoreSourceTests() => _oracle = new Oracle(_world);

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Tower_IsTheProductWithItsOwnEmbedding(bool ofContext)
    {
        float[] own = _world.Vector(1), context = _world.Vector(2);

        AssertScores(_oracle.Tower(ofContext ? context : own), new TowerSource("t", TowerItems.Of(_world.Index), ofContext, isStandardised: false), [], default, own, context);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(20)]
    public void Neighbours_AddTheLatestListsWithDecay(int events)
    {
        int[] history = _world.History(events, 3);

        AssertScores(
            _oracle.Neighbours(_world.Neighbours, history, FusionWorld.Decay, FusionWorld.Latest, largest: false),
            new NeighbourSource("n", _world.Neighbours, FusionWorld.Decay, FusionWorld.Latest, isStandardised: false), history, default);
        AssertScores(
            _oracle.Neighbours(_world.Rules, history, 1, int.MaxValue, largest: true),
            new NeighbourSource("n", _world.Rules, combination: NeighbourCombination.Largest, isStandardised: false), history, default);
    }

    [Fact]
    public void Neighbours_WithWholeRows_AddThemAsTheyAre()
    {
        float[] weights = [.. Enumerable.Range(0, _world.Items * _world.Items).Select(i => MathF.Sin(i))];
        var lists = new WeightedLists(
            [.. Enumerable.Range(0, _world.Items + 1).Select(row => row * _world.Items)], [.. Enumerable.Range(0, weights.Length).Select(i => i % _world.Items)], weights, _world.Items);
        int[] history = _world.History(6, 4);

        AssertScores(_oracle.Neighbours(lists, history, 0.5, 3, largest: false), new NeighbourSource("n", lists, 0.5f, 3, isStandardised: false), history, default);
    }

    [Fact]
    public void Neighbours_WithARowTwice_CountItOnceWhereItIsLatest()
    {
        var source = new NeighbourSource("n", _world.Neighbours, FusionWorld.Decay, isStandardised: false);

        AssertScores(_oracle.Neighbours(_world.Neighbours, [5, 9, 7], FusionWorld.Decay, 10, largest: false), source, [7, 5, 9, 7], default);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(12)]
    [InlineData(50)]
    public void UserNeighbours_AddWhatTheNearestHave(int events)
    {
        // Several users have row 2.
        int[] history = [.. _world.History(150, 8).Where(row => row != 2).Take(events - 1), 2];

        AssertScores(_oracle.Users(history), new UserNeighbourSource("u", _world.Users, FusionWorld.UserOptions, isStandardised: false), history, default);
    }

    [Fact]
    public void UserNeighbours_OfEqualLikeness_AreTheEarlierOnes()
    {
        // Each of five users has item 0 and one of their own.
        var lists = new WeightedLists([0, 2, 4, 6, 8, 10], [0, 1, 0, 2, 0, 3, 0, 4, 0, 5], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], 7);
        using var model = new FusionModel([new UserNeighbourSource("u", lists, new UserNeighbourOptions(Neighbours: 2))], new FusionWeights([new FusionWeightPoint(0, [1f])]));
        var scores = new float[7];

        new FusedScorer(model).Score(new FusionInput { History = [0] }, scores);

        Assert.Equal([true, true, true, false, false, false, false], scores.Select(score => score > 0));
    }

    [Fact]
    public void UserNeighbours_OfTheNextRequest_AreSearchedAnew()
    {
        using var model = new FusionModel([new UserNeighbourSource("u", _world.Users, FusionWorld.UserOptions)], new FusionWeights([new FusionWeightPoint(0, [1f])]));
        var scorer = new FusedScorer(model);
        float[] first = new float[_world.Items], second = new float[_world.Items], alone = new float[_world.Items];

        scorer.Score(new FusionInput { History = [0, 1, 2] }, first);
        scorer.Score(new FusionInput { History = [3, 5, 8, 13] }, second);
        new FusedScorer(model).Score(new FusionInput { History = [3, 5, 8, 13] }, alone);

        Assert.Equal(alone, second);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void UserNeighbours_WithNothingInCommon_SayNothing()
    {
        var lists = new WeightedLists([0, 1, 2], [0, 1], [1, 1], 3);
        using var model = new FusionModel([new UserNeighbourSource("u", lists)], new FusionWeights([new FusionWeightPoint(0, [1f])]));
        var scorer = new FusedScorer(model);
        FusionScratch scratch = scorer.Rent();

        scorer.Run(new FusionInput { History = [2] }, scratch, isWhole: true, default, wanted: 1, default);

        Assert.Equal([SourceOutcome.Silent], scratch.Outcomes);
    }

    [Theory]
    [InlineData(0, 1f, 1, 1f, 1f)]
    [InlineData(1_001, 1f, 1, 1f, 1f)]
    [InlineData(1, 0f, 1, 1f, 1f)]
    [InlineData(1, float.NaN, 1, 1f, 1f)]
    [InlineData(1, 1f, 0, 1f, 1f)]
    [InlineData(1, 1f, 1, -1f, 1f)]
    [InlineData(1, 1f, 1, 1f, float.PositiveInfinity)]
    public void UserNeighbours_OutOfRange_AreRefused(int neighbours, float decay, int latest, float rarity, float length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new UserNeighbourSource("u", _world.Users, new UserNeighbourOptions(neighbours, decay, latest, rarity, length)));

    [Theory]
    [InlineData(0, "DE")]
    [InlineData(1, null)]
    [InlineData(3, "FR")]
    [InlineData(40, "DE")]
    public void Factors_FoldTheUserInWithThePriorOfTheirClusters(int events, string? country)
    {
        int[] history = _world.History(events, 5);
        FeatureSet features = FusionWorld.Context(country);

        AssertScores(
            _oracle.Factors(features, history),
            new FactorSource("f", _world.Factors, FusionWorld.FactorDimension, FusionWorld.FactorOptions, _world.Posterior, _world.Centroids, isStandardised: false), history, features);
    }

    [Theory]
    [InlineData(0, "DE")]
    [InlineData(2, null)]
    [InlineData(12, "FR")]
    public void Clusters_AreMixedByContextAndEvents(int events, string? country)
    {
        int[] history = _world.History(events, 6);
        FeatureSet features = FusionWorld.Context(country);

        AssertScores(_oracle.Clusters(features, history, 1e-6), new ClusterSource("c", _world.Posterior, _world.Popularity, isStandardised: false), history, features);
    }

    [Theory]
    [InlineData(400, 5)] // none reaches a hundredth
    [InlineData(2, 2)]
    public void Clusters_OfALargeCatalogue_ProposeTheListsOfTheHeaviest(int clusters, int proposing)
    {
        // Each lists ten items of its own behind those of the sample, which is all there is of a catalogue without any.
        const int listed = 10;
        int items = clusters * listed;
        var profiles = new ClusterProfiles(
            [.. Enumerable.Range(0, clusters).Select(c => new ClusterProfile($"{c}", 10, new float[2], Enumerable.Range(c * listed, listed).Select(row => new ScoredRow(row, 0.5f)).ToArray(), 0.1f))],
            [new ContextTable("country", new Dictionary<string, float[]> { ["DE"] = [.. Enumerable.Range(0, clusters).Select(c => c * 0.001f)] }.ToFrozenDictionary())]);
        using var source = new ClusterSource("c", new ClusterPosterior(profiles), new Popularity(new float[items]));
        var scratch = new FusionScratch(sources: 1);
        scratch.Begin([], items, default);
        scratch.Candidates.Begin(items, sample: []);

        source.Propose(new FusionInput { Features = FusionWorld.Context("DE") }, scratch, most: 1_000);

        Assert.Equal(Enumerable.Range(items - (proposing * listed), proposing * listed), scratch.Candidates.Rows.ToArray().Order());
    }

    [Fact]
    public void Context_AddsTheListsOfItsValues()
    {
        ContextValues[] fields = [new("country", ["DE", "FR"]), new("device", ["phone", "desk"])];
        var source = new ContextSource("c", fields, _world.Ratios);

        AssertScores(_oracle.Context(1, 2), source, [], FusionWorld.Context("FR", "phone"));
        AssertScores(_oracle.Context(3), source, [], FusionWorld.Context("IT", "desk"));
    }

    [Fact]
    public void Popularity_IsTheLogarithmOfTheRates() =>
        AssertScores(Oracle.Popularity(_world.Rates, 0.01), new PopularitySource("p", _world.Rates, 0.01f, isStandardised: false), [], default);

    [Theory]
    [InlineData("tower")]
    [InlineData("tower_context")]
    [InlineData("ease")]
    [InlineData("rules")]
    [InlineData("ials")]
    [InlineData("clusters")]
    [InlineData("context")]
    [InlineData("users")]
    public void Score_WithNothingKnown_IsNothingButPopularity(string name)
    {
        using var model = new FusionModel([.. _world.Sources().Where(source => source.Name == name)]);
        var scores = new float[_world.Items];

        new FusedScorer(model).Score(new FusionInput { Features = FusionWorld.Context(null) }, scores);

        Assert.All(scores, score => Assert.Equal(0f, score));
    }

    private void AssertScores(double[] expected, ScoreSource source, int[] history, FeatureSet features, float[]? own = null, float[]? context = null)
    {
        using var model = new FusionModel([source], new FusionWeights([new FusionWeightPoint(0, [1f])]));
        var scores = new float[_world.Items];

        new FusedScorer(model).Score(new FusionInput { Features = features, History = history, Embedding = own, ContextEmbedding = context }, scores);

        // The mean is taken off in any case.
        double[] centred = Oracle.Standardise(expected, divides: false);
        Assert.Contains(centred, score => Math.Abs(score) > 0.01);
        for (int row = 0; row < scores.Length; row++)
            Assert.True(Math.Abs(centred[row] - scores[row]) < 2e-4 * (1 + Math.Abs(centred[row])), $"row {row}: {scores[row]} for {centred[row]}");
    }
}
