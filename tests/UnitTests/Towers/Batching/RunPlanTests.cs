using Inference.Towers.Batching;
using Xunit;

namespace UnitTests.Towers.Batching;

public sealed class RunPlanTests
{
    private static readonly BatchSizes Sizes = BatchSizes.Of(new FakeRunner(maxBatch: 64, maxLength: 50));

    [Fact]
    public void Cut_OfOneLength_IsOneRunInOrder() => Assert.Equal([[3, 3, 3]], Cut(start: 1, cell: 1, 3, 3, 3));

    [Fact]
    public void Cut_WhereTimesAreUnknown_IsOneRun() => Assert.Equal([[1, 2, 50]], Cut(start: 0, cell: 0, 50, 1, 2));

    [Fact]
    public void Cut_WhereAStartCostsMoreThanPadding_IsOneRun() => Assert.Equal([[1, 5, 10]], Cut(start: 100, cell: 1, 10, 1, 5));

    [Fact]
    public void Cut_WherePaddingCostsMoreThanAStart_PutsEqualsTogether() =>
        Assert.Equal([[1, 1, 2], [48, 50]], Cut(start: 10, cell: 1, 50, 1, 2, 48, 1));

    [Fact]
    public void Cut_OfRandomBatches_IsAsCheapAsTheBestOfAllCuts()
    {
        var random = new Random(5);
        for (int round = 0; round < 200; round++)
        {
            int[] lengths = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.Next(1, 51))];
            double start = random.Next(1, 200), cell = 1;
            int[][] runs = Cut(start, cell, lengths);

            Assert.Equal(lengths.Order(), runs.SelectMany(run => run));
            double best = Best([.. lengths.Order()], start, cell), cost = runs.Sum(run => start + (cell * run.Length * run[^1]));
            Assert.InRange(cost, best - 1e-9, best / 0.79);
        }
    }

    private static double Best(int[] sorted, double start, double cell)
    {
        double best = double.MaxValue;
        for (int cuts = 0; cuts < 1 << (sorted.Length - 1); cuts++)
        {
            double cost = 0;
            for (int i = 0, first = 0; i < sorted.Length; i++)
            {
                if (i < sorted.Length - 1 && (cuts & (1 << i)) == 0)
                    continue;
                cost += start + (cell * (i + 1 - first) * sorted[i]);
                first = i + 1;
            }

            best = Math.Min(best, cost);
        }

        return best;
    }

    private static int[][] Cut(double start, double cell, params int[] lengths)
    {
        var times = new RunTimes(Sizes);
        for (int i = 0; i < 5 && start > 0; i++)
        {
            for (int rows = 1; rows <= 64; rows++)
            {
                for (int length = 1; length <= 50; length++)
                    times.Observe(Sizes.RowSizeOf(rows), Sizes.LengthSizeOf(length), (start + (cell * rows * length)) * 1e-6);
            }
        }

        BatchRow<FakeWork>[] rowsOf = [.. lengths.Select((length, row) => new BatchRow<FakeWork>(null!, row, length))], sorted = new BatchRow<FakeWork>[lengths.Length];
        var ends = new int[Sizes.Lengths.Length];
        int runs = new RunPlan(Sizes, times).Cut<FakeWork>(rowsOf, sorted, ends);
        return [.. Enumerable.Range(0, runs).Select(run => sorted[(run == 0 ? 0 : ends[run - 1])..ends[run]].Select(row => row.Length).ToArray())];
    }
}
