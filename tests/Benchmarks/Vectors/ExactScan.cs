using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Inference.Vectors;
using Inference.Vectors.Kernels.Bytes;

namespace Benchmarks.Vectors;

/// <summary>
/// `exact-scan`: how long one thread takes to find the best ten of all rows, ours beside a loop over TensorPrimitives.Dot, and how close that comes to what the
/// memory gives to a loop that only reads; then the scan over 8-bit codes (<see cref="CodeScan"/>), and the same with filters
/// (<see cref="FilteredCodeScan"/>).
/// </summary>
/// <remarks>The contestants take turns within every round, so that a disturbance of the machine meets all of them; the median over the rounds counts, and the least is
/// shown beside it.</remarks>
internal static class ExactScan
{
    /// <summary>Sets of the first size stay in the second-level cache (512 KiB), of the others not.</summary>
    private static readonly (int Dimension, int Rows)[] Cases =
        [(64, 2_048), (128, 1_024), (64, 20_000), (64, 100_000), (128, 100_000), (64, 1_000_000), (128, 1_000_000)];

    public static int Run(ReadOnlySpan<string> args)
    {
        string? json = null;
        int rounds = 21;
        int largest = int.MaxValue;
        bool codesOnly = false;
        for (int i = 0; i < args.Length; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            bool understood = args[i] switch
            {
                "--json" => (json = value) is not null,
                "--rounds" => int.TryParse(value, CultureInfo.InvariantCulture, out rounds) && rounds > 0,
                "--codes-only" => bool.TryParse(value, out codesOnly),
                "--max-rows" => int.TryParse(value, CultureInfo.InvariantCulture, out largest),
                _ => false,
            };
            if (!understood)
            {
                Console.Error.WriteLine("usage: exact-scan [--json FILE] [--rounds N] [--max-rows N] [--codes-only true|false]");
                return 2;
            }
        }

        var rows = new List<Row>();
        Console.WriteLine($"exact scan, one thread, top 10; {VectorMath.Width}-bit kernels; {RuntimeInformation.FrameworkDescription}; {Machine.Processor()}");
        Console.WriteLine("| dimensions | rows | MiB | metric | ns/vector | (least) | GB/s | TensorPrimitives ns/vector | (least) | times faster | read-only loop GB/s |");
        Console.WriteLine("| ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach ((int dimension, int count) in Cases)
        {
            if (count > largest || codesOnly)
                continue;
            foreach (Row row in Measure(dimension, count, rounds))
            {
                rows.Add(row);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {row.Dimension} | {row.Rows:N0} | {row.Bytes / 1048576.0:F1} | {row.Metric} | {row.NsPerVector:F2} | {row.LeastNsPerVector:F2} | {row.GBPerSecond:F1} | {row.TensorPrimitivesNsPerVector:F2} | {row.LeastTensorPrimitivesNsPerVector:F2} | {row.TimesFaster:F2} | {row.ReadOnlyGBPerSecond:F1} |"));
            }
        }
        List<CodeScan.Row> codes = CodeScan.Run(rounds, largest);
        FilteredCodeScan.Run(rounds, largest);
        if (json is not null)
        {
            var report = new { processor = Machine.Processor(), runtime = RuntimeInformation.FrameworkDescription, width = VectorMath.Width, codeKernels = ByteKernelSets.Best.Name, rounds, rows, codes };
            File.WriteAllText(json, JsonSerializer.Serialize(report, Machine.Json));
        }
        return 0;
    }

    private static IEnumerable<Row> Measure(int dimension, int count, int rounds)
    {
        using VectorMatrix matrix = RandomVectors.Matrix(count, dimension, seed: 1);
        using var products = new ExactIndex(matrix, Metric.InnerProduct);
        using var distances = new ExactIndex(matrix, Metric.L2);
        float[] query = RandomVectors.Query(dimension, seed: 2);
        var results = new Neighbor[10];
        (string Name, Func<double> Scan)[] contestants =
        [
            ("ip", () => products.Search(query, results)),
            ("ip TensorPrimitives", () => TensorPrimitivesScan.InnerProduct(matrix, query, results)),
            ("l2", () => distances.Search(query, results)),
            ("l2 TensorPrimitives", () => TensorPrimitivesScan.L2(matrix, query, results)),
            ("read", () => ReadOnlyLoop.Sum(matrix)),
        ];
        // Short turns: a long one would be interrupted on a busy machine, and the least of the rounds would not be undisturbed either.
        Interleaved.Timing[] ns = Interleaved.Nanoseconds(contestants, rounds, scansPerTurn: Math.Max(1, 500_000 / count));
        double bytes = (double)count * dimension * sizeof(float);
        for (int i = 0; i < 4; i += 2)
        {
            Interleaved.Timing ours = ns[i], theirs = ns[i + 1], read = ns[4];
            yield return new Row(
                dimension,
                count,
                (long)bytes,
                contestants[i].Name,
                NsPerVector: ours.Median / count,
                GBPerSecond: bytes / ours.Median,
                TensorPrimitivesNsPerVector: theirs.Median / count,
                TimesFaster: theirs.Median / ours.Median,
                ReadOnlyGBPerSecond: bytes / read.Median,
                LeastNsPerVector: ours.Least / count,
                LeastTensorPrimitivesNsPerVector: theirs.Least / count,
                MostReadOnlyGBPerSecond: bytes / read.Least);
        }
    }

    /// <param name="Dimension">Elements of a vector.</param>
    /// <param name="Rows">Vectors scanned.</param>
    /// <param name="Bytes">Bytes of the vectors.</param>
    /// <param name="Metric">ip or l2.</param>
    /// <param name="NsPerVector">Median of a whole search, over the rows.</param>
    /// <param name="GBPerSecond">Bytes of the vectors over that time.</param>
    /// <param name="TensorPrimitivesNsPerVector">The same work with one TensorPrimitives call a row.</param>
    /// <param name="TimesFaster">Ratio of the two.</param>
    /// <param name="ReadOnlyGBPerSecond">What a loop reaches that reads the rows and only adds them up.</param>
    /// <param name="LeastNsPerVector">The round that was disturbed least.</param>
    /// <param name="LeastTensorPrimitivesNsPerVector">The same of the other one.</param>
    /// <param name="MostReadOnlyGBPerSecond">The same of the read-only loop.</param>
    private sealed record Row(
        int Dimension,
        int Rows,
        long Bytes,
        string Metric,
        double NsPerVector,
        double GBPerSecond,
        double TensorPrimitivesNsPerVector,
        double TimesFaster,
        double ReadOnlyGBPerSecond,
        double LeastNsPerVector,
        double LeastTensorPrimitivesNsPerVector,
        double MostReadOnlyGBPerSecond);
}
