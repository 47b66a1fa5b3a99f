using Inference.Training.Models;
using Inference.Training.Splits;
using Xunit;

namespace UnitTests.Training.Models;

public sealed class SequenceKnnTests
{
    // 1 follows 0 at once, 2 comes later; nobody has 0 after another item.
    private static readonly RowLists Sequences = RowLists.Of([[0, 1, 3, 4, 2], [0, 1, 4, 3, 2], [0, 1, 3, 2]]);
    private static readonly SequenceKnnOptions Options = new() { SetWeight = 0, HalfDistance = 1, Shrink = 0, Backward = 0.5, BasketWeight = 0 };

    [Fact]
    public void Score_OfSequences_PrefersWhatFollowsClosely()
    {
        double[] scores = Score(Options, null, 0);
        Assert.True(scores[1] > scores[3] && scores[3] > scores[2], string.Join(' ', scores));
        Assert.Equal(1, scores[1], 1e-6);
    }

    [Fact]
    public void Score_AgainstTheOrderOfTime_IsWeaker()
    {
        Assert.Equal(0.5, Score(Options, null, 1)[0], 1e-6);
        Assert.Equal(0, Score(Options with { Backward = 0 }, null, 1)[0]);
    }

    [Fact]
    public void Score_OfBaskets_AddsWhatIsInThem()
    {
        double[] scores = Score(Options with { BasketWeight = 6 }, RowLists.Of([[0, 2]]), 0);
        Assert.Equal(Score(Options, null, 0)[2] + 2, scores[2], 1e-5);
    }

    [Fact]
    public void Score_OfAHistory_FadesByAge()
    {
        double[] both = Score(Options with { HalfLife = 1 }, null, 0, 4), old = Score(Options, null, 0), latest = Score(Options, null, 4);
        Assert.Equal(old[1] / 2 + latest[1], both[1], 1e-6);
    }

    [Fact]
    public void Fit_OneAfterAnother_GivesWhatOneFitGives()
    {
        var fits = new SequenceFits(Sequences, 5, null);
        foreach (SequenceKnnOptions options in (SequenceKnnOptions[])[Options, Options with { HalfLife = 2 }, Options with { Alpha = 0.9, HalfLife = 2 }, Options with { SetWeight = 1 }, Options])
        {
            double[] expected = Score(options, null, 0, 3), actual = new double[5];
            fits.Fit(options).Score(new RankingInput(new[] { 0, 3 }, -1), actual);
            Assert.Equal(expected, actual);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Count_OfALongList_KeepsToItsReach(bool isBasket)
    {
        const int Items = 6_000;
        RowLists one = RowLists.Of([[.. Enumerable.Range(0, Items)]]);
        SequencePairs pairs = isBasket
            ? SequencePairs.Count(RowLists.Of([[]]), Items, one, Options with { BasketWeight = 1 })
            : SequencePairs.Count(one, Items, null, Options with { SetWeight = 1 });

        Assert.Equal(SequencePairs.LongestDistance, pairs.ByCandidate.ColumnsOf(0).Length);
        Assert.Equal(Items - 1, pairs.ByCandidate.ColumnsOf(Items / 2).Length);
    }

    [Fact]
    public void MostOf_OfAnyCatalogue_BoundsTheirNumber()
    {
        Assert.True(SequencePairs.MostOf(8_000) >= 8_000);
        Assert.True(20_000L * SequencePairs.MostOf(20_000) <= 1 << 26);
        Assert.Equal(512, SequencePairs.MostOf(1_000_000));
    }

    [Fact]
    public void Score_OfUserKnn_AsksTheNearestUsersOnly()
    {
        var users = new UserKnn(RowLists.Of([[0, 1, 2], [0, 3], [4, 5]]), 6, new UserKnnOptions { Neighbours = 1 });
        double[] scores = new double[6];
        users.Score(new RankingInput(new[] { 0, 1 }, -1), scores);
        Assert.True(scores[2] > 0);
        Assert.Equal((0, 0), (scores[3], scores[4]));
    }

    private static double[] Score(SequenceKnnOptions options, RowLists? baskets, params int[] history)
    {
        double[] scores = new double[5];
        SequenceKnn.Fit(Sequences, 5, baskets, options).Score(new RankingInput(history, -1), scores);
        return scores;
    }
}
