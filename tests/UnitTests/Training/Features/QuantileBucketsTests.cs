using Inference.Training.Features;
using Xunit;

namespace UnitTests.Training.Features;

public sealed class QuantileBucketsTests
{
    [Fact]
    public void Boundaries_OfEvenNumbers_AreTheQuantiles() =>
        Assert.Equal([10, 20, 30, 40, 50, 60, 70, 80, 90], QuantileBuckets.Boundaries([.. Enumerable.Range(1, 100).Select(i => (double)i).Reverse()], 10, 5));

    [Fact]
    public void Boundaries_OfFewDistinctNumbers_AreThoseNumbers() =>
        Assert.Equal([1, 2], QuantileBuckets.Boundaries([.. Enumerable.Range(0, 300).Select(i => 1.0 + i % 3)], 10, 20));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(39)]
    public void Boundaries_OfTooFewNumbers_AreNone(int count) => Assert.Empty(QuantileBuckets.Boundaries([.. Enumerable.Range(0, count).Select(i => (double)i)], 10, 20));

    [Fact]
    public void Boundaries_OfSkewedNumbers_LeaveEnoughInEachBucket()
    {
        var random = new Random(2);
        for (int round = 0; round < 200; round++)
        {
            double[] numbers = [.. Enumerable.Range(0, random.Next(1, 400)).Select(_ => Math.Floor(Math.Exp(random.NextDouble() * 5)))];
            int fewest = random.Next(1, 30);
            double[] boundaries = QuantileBuckets.Boundaries([.. numbers], 8, fewest);
            Assert.InRange(boundaries.Length, 0, 7);
            double low = double.NegativeInfinity;
            foreach (double high in boundaries.Append(double.PositiveInfinity))
            {
                Assert.True(high > low);
                if (boundaries.Length > 0)
                    Assert.True(numbers.Count(number => number > low && number <= high) >= fewest);
                low = high;
            }
        }
    }

    [Fact]
    public void Names_SayTheRange() => Assert.Equal(["≤ 1", "1 … 2.5", "> 2.5"], QuantileBuckets.Names([1, 2.5]));
}
