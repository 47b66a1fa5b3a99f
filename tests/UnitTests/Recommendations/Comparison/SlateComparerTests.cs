using Inference.Recommendations.Comparison;
using Inference.Recommendations.Queries;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Recommendations.Comparison;

public sealed class SlateComparerTests
{
    [Theory]
    [InlineData(1, 4)] // most ties and edges
    [InlineData(2, 16)] // looked through
    [InlineData(3, 40)] // hashed
    public void Figures_OfRandomSlates_AreThoseOfTheirDefinitions(int seed, int most)
    {
        var random = new Random(seed);
        var alignment = new SlateAlignment();
        var correlation = new RankCorrelation();
        for (int round = 0; round < 3_000; round++)
        {
            (string[] a, string[] b) = Slates.Random(random, most);
            string pair = $"seed {seed}, round {round}: [{string.Join(' ', a)}] and [{string.Join(' ', b)}]";
            alignment.Align(a, b);
            Assert.True(a.Intersect(b).Count() == alignment.Common, pair);
            foreach (int k in (int[])[1, 2, 5, 10, 50])
                Near(Slates.OverlapAt(a, b, k), Overlap.At(alignment, k), pair);
            Near(Slates.Jaccard(a, b), Overlap.Jaccard(alignment), pair);
            Near(Slates.KendallTauB(a, b), correlation.Of(alignment), pair);
            double p = 0.05 + (0.9 * random.NextDouble());
            Near(Slates.Rbo(a, b, p), new RankBiasedOverlap(p).Of(alignment), pair);
        }
    }

    [Fact]
    public void Figures_AreTheSameBothWays_AndWithinTheirRanges()
    {
        var random = new Random(4);
        var comparer = new SlateComparer();
        for (int round = 0; round < 2_000; round++)
        {
            (string[] a, string[] b) = Slates.Random(random, 30);
            SlateSimilarity there = comparer.Compare(Items(a), Items(b)), back = comparer.Compare(Items(b), Items(a));
            Assert.True(there.Equals(back) || Math.Abs(there.RankBiasedOverlap - back.RankBiasedOverlap) < 1e-12, $"round {round}: {there} and {back}");
            Assert.InRange(there.Overlap, 0, 1);
            Assert.InRange(there.RankBiasedOverlap, 0, 1);
            Assert.True(double.IsNaN(there.RankCorrelation) || Math.Abs(there.RankCorrelation) <= 1 + 1e-12, $"round {round}: {there}");
        }
    }

    [Fact]
    public void Compare_OfASlateWithItself_AgreesWholly()
    {
        RecommendedItem[] slate = Items([.. Enumerable.Range(0, 100).Select(i => $"i{i}")]);
        SlateSimilarity same = new SlateComparer(50).Compare(slate, slate);
        Assert.Equal((1.0, 1.0, 1.0, true), (same.Overlap, same.Jaccard, same.RankCorrelation, same.SameTop));
        Assert.Equal(1, same.RankBiasedOverlap, 12);
    }

    [Fact]
    public void Compare_OfASlateAndItsReverse_AgreesOnTheItemsAndNotOnTheirOrder()
    {
        string[] ids = [.. Enumerable.Range(0, 10).Select(i => $"i{i}")];
        SlateSimilarity reversed = new SlateComparer().Compare(Items(ids), Items([.. Enumerable.Reverse(ids)]));
        Assert.Equal((1.0, 1.0, -1.0, false), (reversed.Overlap, reversed.Jaccard, reversed.RankCorrelation, reversed.SameTop));
        Assert.InRange(reversed.RankBiasedOverlap, 0.3, 0.7);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(64)]
    public void Compare_OfSlatesWithoutACommonItem_IsTheStatedFloor(int k)
    {
        SlateSimilarity apart = new SlateComparer().Compare(Items([.. Enumerable.Range(0, k).Select(i => $"a{i}")]), Items([.. Enumerable.Range(0, k).Select(i => $"b{i}")]));
        Assert.Equal((0.0, 0.0, 0.0, false), (apart.Overlap, apart.Jaccard, apart.RankBiasedOverlap, apart.SameTop));
        Assert.Equal(-2.0 * k / ((3 * k) - 1), apart.RankCorrelation, 12);
    }

    [Fact]
    public void Compare_OfEmptySlates_AgreesWhereBothAre()
    {
        var comparer = new SlateComparer();
        Assert.Equal(new SlateSimilarity(1, 1, double.NaN, 1, true), comparer.Compare([], []));
        Assert.Equal(new SlateSimilarity(0, 0, double.NaN, 0, false), comparer.Compare([], Items("a", "b")));
    }

    /// <summary>By hand: X = 1, 1, 3 of [a b c] and [a c b]; p = 1/2.</summary>
    [Fact]
    public void Rbo_OfAnExampleByHand_IsThat()
    {
        var alignment = new SlateAlignment();
        alignment.Align(["a", "b", "c"], ["a", "c", "b"]);
        Assert.Equal(0.5 + (0.5 * 0.25) + (1 * 0.125) + (1 * 0.125), new RankBiasedOverlap(0.5).Of(alignment), 12);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void Rbo_WithAPersistenceThatIsNone_IsRefused(double persistence) => Assert.Throws<ArgumentOutOfRangeException>(() => new RankBiasedOverlap(persistence));

    [Fact]
    public void Means_LeaveOutWhatIsNotDefined()
    {
        var means = new SimilarityMeans();
        Assert.True(double.IsNaN(means.Overlap));
        means.Add(new SlateSimilarity(0.5, 0.25, double.NaN, 0.5, true));
        Assert.True(double.IsNaN(means.RankCorrelation));
        means.Add(new SlateSimilarity(1, 0.75, 0.5, 1, false));
        Assert.Equal((2L, 0.75, 0.5, 0.5, 0.75, 0.5), (means.Count, means.Overlap, means.Jaccard, means.RankCorrelation, means.RankBiasedOverlap, means.SameTop));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(200)]
    public void Compare_WhenWarm_AllocatesNothing(int count)
    {
        RecommendedItem[] a = Items([.. Enumerable.Range(0, count).Select(i => $"i{i}")]), b = Items([.. Enumerable.Range(count / 2, count).Select(i => $"i{i}")]);
        var comparer = new SlateComparer();
        comparer.Compare(a, b);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 100; i++)
                comparer.Compare(a, b);
        }));
    }

    private static RecommendedItem[] Items(params string[] ids) => [.. ids.Select((id, place) => new RecommendedItem(id, -place, Sources.Towers, 1, null))];

    private static void Near(double expected, double actual, string pair) =>
        Assert.True(double.IsNaN(expected) ? double.IsNaN(actual) : Math.Abs(expected - actual) < 1e-9, $"{pair}: {expected} is expected, not {actual}");
}
