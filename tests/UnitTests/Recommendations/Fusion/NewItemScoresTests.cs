using Inference.Recommendations.Fusion;
using Xunit;

namespace UnitTests.Recommendations.Fusion;

public sealed class NewItemScoresTests : IDisposable
{
    private const int First = 120, Tower = 0, Factors = 4;
    private const float Level = 1.5f;

    private readonly FusionWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public void Score_OfNewItems_IsTheSumOfTheirOwnWeights()
    {
        float[] plain = Scores(null), scores = Scores(NewItems());
        double unit = Math.Sqrt(plain.Average(score => (double)score * score));
        double[] tower = OfNew(Alone(Tower)), factors = OfNew(Alone(Factors));

        // Twenty events are known, so 21 ∕ 26 is believed. What is known is scored as before, to the last bit.
        Assert.Equal(plain[..First], scores[..First]);
        for (int row = First; row < scores.Length; row++)
            Assert.Equal(unit * (Level + (21 / 26.0 * ((0.5 * tower[row - First]) + factors[row - First]))), scores[row], 2e-3);
    }

    [Fact]
    public void Score_OfNewItems_WhereNoSourceTellsThemApart_IsAsThatOfOthers()
    {
        var ofTower = new NewItemWeights(First, Level, [1, .. new float[9]]);

        Assert.Equal(Scores(null, withTower: false), Scores(ofTower, withTower: false));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void PartOf_OfAllSources_SumsToTheScore(bool isWhole)
    {
        using var model = new FusionModel(_world.Sources(), FusionWorld.Weights(), NewItems());
        var scorer = new FusedScorer(model, new FusionOptions { DenseItems = isWhole ? 1_000 : 0 });
        float[] whole = Scores(NewItems());
        FusionScratch scratch = scorer.Rent();
        scorer.Run(new FusionInput { History = _world.History(20, 1), Embedding = _world.Vector(1), Features = FusionWorld.Context("DE") }, scratch, isWhole, default, wanted: 10, default);

        int seen = 0;
        for (int place = 0; place < scratch.Fused.Length; place++)
        {
            float sum = 0;
            for (int source = 0; source < model.Sources.Count; source++)
                sum += scratch.PartOf(source, place);
            int row = isWhole ? place : scratch.Candidates.Rows[place];
            seen += row >= First ? 1 : 0;
            Assert.Equal(scratch.Fused[place], sum, 1e-3);
            Assert.Equal(whole[row], sum, 5e-3);
        }

        Assert.Equal(_world.Items - First, seen);
    }

    [Fact]
    public void Run_WhenWarm_AllocatesNothing()
    {
        using var model = new FusionModel(_world.Sources(), FusionWorld.Weights(), NewItems());
        FusedScorer[] scorers = [new(model), new(model, new FusionOptions { DenseItems = 0 })];
        int[] history = _world.History(20, 1);
        float[] own = _world.Vector(1);
        foreach (FusedScorer scorer in scorers)
            scorer.Exercise(new FusionInput { History = history, Embedding = own });

        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (FusedScorer scorer in scorers)
        {
            FusionScratch scratch = scorer.Rent();
            scorer.Run(new FusionInput { History = history, Embedding = own }, scratch, scorer.IsWhole, default, wanted: 10, default);
            scorer.Return(scratch);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void NeedsEmbedding_ForTheSakeOfNewItems_IsTrue()
    {
        float[] without = [0, 0, .. Enumerable.Repeat(1f, 8)];
        var known = new FusionWeights([new FusionWeightPoint(0, without)]);
        using var plain = new FusionModel(_world.Sources(), known);
        using var model = new FusionModel(_world.Sources(), known, NewItems());

        Assert.False(plain.NeedsEmbedding(3, ofContext: false));
        Assert.True(model.NeedsEmbedding(3, ofContext: false));
    }

    [Fact]
    public void Create_WithNewItemsThatDoNotFit_Throws()
    {
        Assert.Throws<ArgumentException>(() => new NewItemWeights(First, Level, new float[10]));
        Assert.Throws<ArgumentException>(() => new NewItemWeights(First, float.NaN, [1f]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NewItemWeights(0, Level, [1f]));
        Assert.Throws<ArgumentException>(() => new FusionModel(_world.Sources(), null, NewItems()));
        Assert.Throws<ArgumentException>(() => new FusionModel(_world.Sources(), FusionWorld.Weights(), new NewItemWeights(_world.Items, Level, [1, .. new float[9]])));
        Assert.Throws<ArgumentException>(() => new FusionModel(_world.Sources(), FusionWorld.Weights(), new NewItemWeights(First, Level, [1f])));
    }

    private static NewItemWeights NewItems() => new(First, Level, [0.5f, 0, 0, 0, 1, 0, 0, 0, 0, 0]);

    private static double[] OfNew(float[] scores)
    {
        double[] all = [.. scores[First..].Select(score => (double)score)];
        return Oracle.Standardise(all, divides: true);
    }

    private float[] Alone(int source)
    {
        using var model = new FusionModel([_world.Sources()[source]], new FusionWeights([new FusionWeightPoint(0, [1f])]));
        return ScoresOf(model, withTower: true);
    }

    private float[] Scores(NewItemWeights? newItems, bool withTower = true)
    {
        using var model = new FusionModel(_world.Sources(), FusionWorld.Weights(), newItems);
        return ScoresOf(model, withTower);
    }

    private float[] ScoresOf(FusionModel model, bool withTower)
    {
        float[] scores = new float[_world.Items];
        new FusedScorer(model).Score(
            new FusionInput { History = _world.History(20, 1), Embedding = withTower ? _world.Vector(1) : default, Features = FusionWorld.Context("DE") }, scores);
        return scores;
    }
}
