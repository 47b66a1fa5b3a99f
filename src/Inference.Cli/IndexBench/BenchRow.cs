using Inference.Vectors;

namespace Inference.Cli.IndexBench;

/// <summary>What was measured of one index at one recall target or search width.</summary>
internal sealed record BenchRow
{
    /// <summary>The name that the index was asked for by.</summary>
    public required string Index { get; init; }

    /// <summary>What that turned out to be.</summary>
    public required IndexKind Kind { get; init; }

    /// <summary>The recall to reach; null when the width was given.</summary>
    public double? Target { get; init; }

    /// <summary>The recall at <see cref="Width"/> over all queries; the best one seen when the target was not reached.</summary>
    public required double Recall { get; init; }

    /// <summary>The lowest search width that reaches the target; null when none does, and for an index without width.</summary>
    public int? Width { get; init; }

    /// <summary>One query at a time on each thread; null when the target was not reached.</summary>
    public Round? Single { get; init; }

    /// <summary>Several queries together on each thread; null when that was not asked for or the target was not reached.</summary>
    public Round? Interleaved { get; init; }

    /// <summary>The recall of the queries that were put together.</summary>
    public double? InterleavedRecall { get; init; }

    /// <summary>Seconds that the build took; null for an index that was loaded.</summary>
    public double? BuildSeconds { get; init; }

    /// <summary>Seconds that loading the index took; null for one that was built.</summary>
    public double? LoadSeconds { get; init; }

    /// <summary>Memory of the index over its rows.</summary>
    public required double BytesPerVector { get; init; }
}

/// <summary>A point of the curve of recall against speed.</summary>
internal readonly record struct CurvePoint(int Width, double Recall, double QueriesPerSecond);
