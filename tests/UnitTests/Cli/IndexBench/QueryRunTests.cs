using Inference.Cli.IndexBench;
using Inference.Vectors;
using UnitTests.Vectors;
using Xunit;

namespace UnitTests.Cli.IndexBench;

public sealed class QueryRunTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(1, 8)]
    [InlineData(3, 8)]
    [InlineData(2, 100)]
    public void Time_WithThreadsAndBatches_AnswersEveryQuery(int threads, int batch)
    {
        using VectorMatrix queries = SeededVectors.Matrix(53, 8, seed: 2);
        using BenchSet set = BenchSet.Create(SeededVectors.Matrix(200, 8, seed: 1), queries, Metric.L2);
        using var index = new ExactIndex(set.Rows, set.Metric);
        var run = new QueryRun(index, set, k: 5, threads, batch, set.QueryCount);

        Round round = run.Time(width: 0, TimeSpan.Zero);

        var expected = new Neighbor[5];
        for (int query = 0; query < set.QueryCount; query++)
        {
            index.Search(set.Query(query).Span, expected);
            Assert.Equal(expected, run.Answer(query));
        }
        Assert.True(round.QueriesPerSecond > 0);
        Assert.InRange(round.P50, 0, round.P99);
    }

    [Fact]
    public void MedianOf_TakesTheMiddleOfEachFigure()
    {
        Assert.Equal(new Round(2, 5, 8), Round.MedianOf([new Round(1, 6, 7), new Round(2, 5, 9), new Round(3, 4, 8)]));
        Assert.Equal(new Round(2.5, 1, 1), Round.MedianOf([new Round(2, 1, 1), new Round(3, 1, 1)]));
    }
}
