using Inference.Recommendations.Retrieval;
using Xunit;

namespace UnitTests.Recommendations.Retrieval;

public class LateFusionTests
{
    [Fact]
    public void ReciprocalRanks_OfThreeCandidates_AreWeightOver60PlusRank()
    {
        double[] parts = new double[3];
        LateFusion.ReciprocalRanks([1, 0, 40], 2, parts);
        Assert.Equal([2 / 61.0, 0, 0.02], parts);
    }

    [Fact]
    public void ZScores_OfFourCandidates_AreDistancesInDeviations()
    {
        // What has no score has the lowest, 2: mean 3.5, deviation √2.75.
        double[] parts = new double[4];
        LateFusion.ZScores([6, 4, 2, float.NaN], 3, parts);
        double unit = 3 / Math.Sqrt(2.75);
        Assert.Equal([2.5 * unit, 0.5 * unit, -1.5 * unit, -1.5 * unit], parts, (a, b) => Math.Abs(a - b) < 1e-9);
    }

    [Fact]
    public void ZScores_OfEqualScores_AddNothing()
    {
        double[] parts = [1, 1, 1];
        LateFusion.ZScores([0.1f, 0.1f, 0.1f], 3, parts);
        Assert.Equal([0, 0, 0], parts);
    }

    [Theory]
    [InlineData(4, 3, 4 / 3.0)]
    [InlineData(4, 4, 1)]
    [InlineData(4, 0, 1)]
    public void Share_OfThoseWhoAnswered_KeepsTheScale(double all, double answered, double expected) => Assert.Equal(expected, LateFusion.Share(all, answered), 12);

    [Fact]
    public void Add_OfManyRows_NumbersThemAsADictionaryWould()
    {
        const int seed = 7;
        var random = new Random(seed);
        var places = new RowPlaces();
        for (int round = 0; round < 20; round++)
        {
            int count = random.Next(1, 400);
            places.Begin(count);
            var expected = new Dictionary<int, int>();
            for (int i = 0; i < count; i++)
            {
                int row = random.Next(0, round % 2 == 0 ? 300 : int.MaxValue);
                expected.TryAdd(row, expected.Count);
                Assert.Equal(expected[row], places.Add(row));
            }

            Assert.Equal(expected.Keys, places.Rows.ToArray());
            Assert.Equal(-1, places.Find(int.MaxValue - 1));
            Assert.All(expected, pair => Assert.Equal(pair.Value, places.Find(pair.Key)));
        }
    }
}
