using System.Diagnostics;
using Inference.Vectors;

namespace Inference.Cli.IndexBench;

/// <summary>Makes the indexes that are measured: the one place that knows how each kind is built.</summary>
internal static class IndexSource
{
    /// <summary>Names that <see cref="Build"/> takes.</summary>
    public static IReadOnlyList<string> Names { get; } = ["flat"];

    /// <summary>What is measured when nothing is named.</summary>
    public static IReadOnlyList<string> Defaults { get; } = ["flat"];

    /// <summary>Builds an index over the rows.</summary>
    /// <returns>The index, which may share the memory of the rows, and how many seconds it took.</returns>
    public static (VectorIndex Index, double Seconds) Build(string name, BenchSet set)
    {
        long from = Stopwatch.GetTimestamp();
        VectorIndex index = name switch
        {
            "flat" => new ExactIndex(set.Rows, set.Metric),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Unknown index."),
        };
        return (index, Stopwatch.GetElapsedTime(from).TotalSeconds);
    }
}
