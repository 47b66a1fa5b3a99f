using Inference.Vectors;
using Inference.Vectors.Search;
using Xunit;

namespace UnitTests.Vectors.Search;

public sealed class TopKTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(1, 100)]
    [InlineData(2, 100)]
    [InlineData(10, 9)]
    [InlineData(10, 10)]
    [InlineData(10, 11)]
    [InlineData(10, 5000)]
    [InlineData(100, 5000)]
    [InlineData(4999, 5000)]
    [InlineData(5000, 5000)]
    public void Offer_InAnyOrder_KeepsWhatAFullSortPutsFirst(int k, int count)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            // Few distinct scores, so that ties are everywhere.
            Neighbor[] all = [.. Enumerable.Range(0, count).Select(row => new Neighbor(row, random.Next(-20, 20)))];
            random.Shuffle(all);

            Neighbor[] found = Select(all, k);

            Assert.Equal(all.OrderByDescending(static n => n.Score).ThenBy(static n => n.Row).Take(k), found);
        }
    }

    [Fact]
    public void Offer_WithAscendingScores_KeepsTheLast()
    {
        Neighbor[] all = [.. Enumerable.Range(0, 1000).Select(static row => new Neighbor(row, row))];

        Assert.Equal([new Neighbor(999, 999), new Neighbor(998, 998), new Neighbor(997, 997)], Select(all, 3));
    }

    [Fact]
    public void Offer_WithExtremeScoresAndRows_RanksThemAsNumbers()
    {
        Neighbor[] ranked =
        [
            new(5, float.PositiveInfinity), new(3, float.MaxValue), new(0, 1), new(int.MaxValue, 1), new(9, float.Epsilon), new(2, 0), new(8, 0),
            new(1, -float.Epsilon), new(4, -1), new(7, float.MinValue), new(6, float.NegativeInfinity),
        ];
        Neighbor[] shuffled = [.. ranked];
        new Random(1).Shuffle(shuffled);

        for (int k = 1; k <= ranked.Length; k++)
            Assert.Equal(ranked[..k], Select(shuffled, k));
    }

    [Fact]
    public void Threshold_UntilFull_LetsEverythingIn()
    {
        var best = new TopK(new Neighbor[2]);
        best.Offer(0, 7);
        Assert.Equal(float.NegativeInfinity, best.Threshold);

        best.Offer(1, 3);
        Assert.Equal(3, best.Threshold);

        best.Offer(2, 5);
        Assert.Equal(5, best.Threshold);
    }

    [Fact]
    public void Complete_WithFewerThanAsked_LeavesTheRestAlone()
    {
        var results = new Neighbor[4];
        Array.Fill(results, new Neighbor(-1, -1));
        var best = new TopK(results);
        best.Offer(8, 1);
        best.Offer(9, 2);

        Assert.Equal(2, best.Complete());
        Assert.Equal([new(9, 2), new(8, 1), new(-1, -1), new(-1, -1)], results);
    }

    private static Neighbor[] Select(Neighbor[] all, int k)
    {
        var results = new Neighbor[k];
        var best = new TopK(results);
        foreach (Neighbor neighbor in all)
            best.Offer(neighbor.Row, neighbor.Score);
        return results[..best.Complete()];
    }
}
