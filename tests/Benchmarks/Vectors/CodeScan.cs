using System.Globalization;
using Inference.Vectors;

namespace Benchmarks.Vectors;

/// <summary>The second table of `exact-scan`: the scan over 8-bit codes, alone and four queries a pass, on sets that are kind to its bounds and sets that are not.</summary>
internal static class CodeScan
{
    private const int Dimension = 64, Queries = 64, Together = 4;

    private static readonly (VectorSet Set, Metric Metric)[] Cases =
    [
        (VectorSet.Unit, Metric.Cosine),
        (VectorSet.Clustered, Metric.Cosine),
        (VectorSet.Tight, Metric.Cosine),
        (VectorSet.Unit, Metric.L2),
        (VectorSet.Clustered, Metric.L2),
        (VectorSet.Skewed, Metric.InnerProduct),
    ];

    public static List<Row> Run(int rounds, int largest)
    {
        var rows = new List<Row>();
        Console.WriteLine();
        Console.WriteLine("| 8-bit codes, 64 dimensions | rows | metric | ns/vector alone | (least) | ns/vector and query, four a pass | (least) | codes read | rows scored alone | four a pass | build s |");
        Console.WriteLine("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (int count in (int[])[100_000, 1_000_000])
        {
            if (count > largest)
                continue;
            foreach ((VectorSet set, Metric metric) in Cases)
            {
                Row row = Measure(set, metric, count, rounds);
                rows.Add(row);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {row.Set} | {row.Rows:N0} | {row.Metric} | {row.NsAlone:F2} | {row.LeastNsAlone:F2} | {row.NsTogether:F2} | {row.LeastNsTogether:F2} | {row.ShareRead:P1} | {row.ScoredAlone:F0} | {row.ScoredTogether:F0} | {row.BuildSeconds:F2} |"));
            }
        }
        return rows;
    }

    private static Row Measure(VectorSet set, Metric metric, int count, int rounds)
    {
        using VectorMatrix matrix = ShapedVectors.Matrix(set, count, Dimension, seed: 1);
        float[][] queries = ShapedVectors.Queries(set, Queries, Dimension, seed: 1);
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        using var index = new ScanIndex(matrix, metric);
        double build = System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds;
        var results = new Neighbor[10];
        var requests = new SearchRequest[Together];
        int nextAlone = 0, nextTogether = 0;
        double Alone() => index.Search(queries[nextAlone++ % Queries], results);
        double FourTogether()
        {
            foreach (ref SearchRequest request in requests.AsSpan())
                request = new SearchRequest(queries[nextTogether++ % Queries], request.Results.IsEmpty ? new Neighbor[10] : request.Results);
            index.Search(requests);
            return requests[0].Found;
        }
        double scoredAlone = ScoredBy(index, Alone, Queries, out double read) / Queries;
        double scoredTogether = ScoredBy(index, FourTogether, Queries / Together, out _) / Queries;
        Interleaved.Timing[] ns = Interleaved.Nanoseconds([("alone", Alone), ("four", FourTogether)], rounds, scansPerTurn: Math.Max(1, 500_000 / count));
        return new Row(
            set.ToString(),
            count,
            metric.ToString(),
            ns[0].Median / count,
            ns[1].Median / count / Together,
            read / Queries / count,
            scoredAlone,
            scoredTogether,
            build,
            ns[0].Least / count,
            ns[1].Least / count / Together);
    }

    private static double ScoredBy(ScanIndex index, Func<double> search, int times, out double read)
    {
        (long readBefore, long scoredBefore) = index.RowsTouched;
        for (int i = 0; i < times; i++)
            search();
        (long readAfter, long scoredAfter) = index.RowsTouched;
        read = readAfter - readBefore;
        return scoredAfter - scoredBefore;
    }

    /// <param name="Set">Which vectors.</param>
    /// <param name="Rows">How many.</param>
    /// <param name="Metric">How they are compared.</param>
    /// <param name="NsAlone">Median of a search by itself, over the rows.</param>
    /// <param name="NsTogether">Median of a pass of four, over the rows and the queries.</param>
    /// <param name="ShareRead">Of the rows, those whose codes a search alone read.</param>
    /// <param name="ScoredAlone">Rows that a search alone scored in fp32.</param>
    /// <param name="ScoredTogether">Rows that a search in a pass of four scored in fp32.</param>
    /// <param name="BuildSeconds">Time to make the index.</param>
    /// <param name="LeastNsAlone">The round that was disturbed least.</param>
    /// <param name="LeastNsTogether">The same of four.</param>
    internal sealed record Row(
        string Set,
        int Rows,
        string Metric,
        double NsAlone,
        double NsTogether,
        double ShareRead,
        double ScoredAlone,
        double ScoredTogether,
        double BuildSeconds,
        double LeastNsAlone,
        double LeastNsTogether);
}
