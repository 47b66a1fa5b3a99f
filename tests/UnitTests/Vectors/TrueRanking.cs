using Inference.Vectors;
using Xunit;

namespace UnitTests.Vectors;

/// <summary>What a search must find, computed in double precision with no kernel and no selection of the product.</summary>
internal sealed class TrueRanking(float[] rows, int dimension, Metric metric)
{
    public int Count { get; } = rows.Length / dimension;

    public double Score(ReadOnlySpan<float> query, int row)
    {
        double product = 0, distance = 0, rowSquared = 0, querySquared = 0;
        for (int i = 0; i < dimension; i++)
        {
            double a = query[i], b = rows[row * dimension + i];
            product += a * b;
            distance += (a - b) * (a - b);
            querySquared += a * a;
            rowSquared += b * b;
        }
        return metric switch
        {
            Metric.InnerProduct => product,
            Metric.L2 => -distance,
            _ => querySquared == 0 || rowSquared == 0 ? 0 : product / Math.Sqrt(querySquared * rowSquared),
        };
    }

    /// <summary>Eligible rows by score descending, then row ascending.</summary>
    public Neighbor[] Rank(float[] query, Func<int, bool> isEligible) =>
    [
        .. Enumerable.Range(0, Count).Where(isEligible)
            .Select(row => new Neighbor(row, (float)Score(query, row)))
            .OrderByDescending(static n => n.Score).ThenBy(static n => n.Row),
    ];

    /// <summary>Holds results to the truth where rounding may swap neighbours: scores are true, ordered, of eligible rows, and nothing better is missing.</summary>
    public void AssertBest(float[] query, ReadOnlySpan<Neighbor> results, int wanted, Func<int, bool> isEligible, double tolerance)
    {
        Neighbor[] truth = Rank(query, isEligible);
        Assert.Equal(Math.Min(wanted, truth.Length), results.Length);
        var seen = new HashSet<int>();
        for (int i = 0; i < results.Length; i++)
        {
            Assert.True(seen.Add(results[i].Row), $"row {results[i].Row} is there twice");
            Assert.True(isEligible(results[i].Row), $"row {results[i].Row} is not eligible");
            Assert.InRange(results[i].Score, Score(query, results[i].Row) - tolerance, Score(query, results[i].Row) + tolerance);
            Assert.InRange(results[i].Score, truth[i].Score - tolerance, truth[i].Score + tolerance);
            if (i > 0)
                Assert.True(results[i - 1].Score > results[i].Score || (results[i - 1].Score == results[i].Score && results[i - 1].Row < results[i].Row), $"rank {i} is out of order");
        }
    }
}
