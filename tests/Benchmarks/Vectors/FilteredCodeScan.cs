using System.Globalization;
using Inference.Vectors;

namespace Benchmarks.Vectors;

/// <summary>The third table of `exact-scan`: where scoring the allowed rows themselves stops being cheaper than scanning all codes. It decides <see cref="ScanIndex.FewEligible"/>.</summary>
internal static class FilteredCodeScan
{
    private const int Dimension = 64, Queries = 16;

    private static readonly int[] OneIn = [4, 8, 16, 32, 64, 256, 1024];

    public static void Run(int rounds, int largest)
    {
        Console.WriteLine();
        Console.WriteLine("| allowed rows, 64 dimensions | rows | one in | µs, codes of all rows | µs, allowed rows alone | µs, as the index chooses |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: |");
        foreach (int count in (int[])[100_000, 1_000_000])
        {
            if (count > largest)
                continue;
            Measure(VectorSet.Unit, Metric.Cosine, count, rounds);
            Measure(VectorSet.Skewed, Metric.InnerProduct, count, rounds);
        }
    }

    private static void Measure(VectorSet set, Metric metric, int count, int rounds)
    {
        using VectorMatrix matrix = ShapedVectors.Matrix(set, count, Dimension, seed: 1);
        float[][] queries = ShapedVectors.Queries(set, Queries, Dimension, seed: 1);
        using var scans = new ScanIndex(matrix, metric) { FewEligible = int.MaxValue };
        using var picks = new ScanIndex(matrix, metric) { FewEligible = 1 };
        using var chooses = new ScanIndex(matrix, metric);
        var results = new Neighbor[10];
        foreach (int oneIn in OneIn)
        {
            using RowSet allowed = RowSet.Rent(count);
            var random = new Random(oneIn);
            for (int row = 0; row < count; row++)
            {
                if (random.Next(oneIn) == 0)
                    allowed.Add(row);
            }
            int next = 0;
            double Search(ScanIndex index) => index.Search(queries[next++ % Queries], results, RowFilter.Allow(allowed));
            Interleaved.Timing[] ns = Interleaved.Nanoseconds(
                [("codes", () => Search(scans)), ("rows", () => Search(picks)), ("chosen", () => Search(chooses))],
                rounds,
                scansPerTurn: 1);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {set}, {metric} | {count:N0} | {oneIn} | {ns[0].Least / 1000:F0} | {ns[1].Least / 1000:F0} | {ns[2].Least / 1000:F0} |"));
        }
    }
}
