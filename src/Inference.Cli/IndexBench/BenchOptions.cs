namespace Inference.Cli.IndexBench;

/// <summary>What a measurement of an index is asked for.</summary>
internal sealed record BenchOptions
{
    /// <summary>Names of the indexes, see <see cref="IndexSource.Names"/>.</summary>
    public required IReadOnlyList<string> Indexes { get; init; }

    /// <summary>Recalls to reach, each above 0 and at most 1; empty to measure at <see cref="Widths"/>.</summary>
    public IReadOnlyList<double> Targets { get; init; } = [];

    /// <summary>Search widths to measure at instead.</summary>
    public IReadOnlyList<int> Widths { get; init; } = [];

    /// <summary>Neighbours that are asked for.</summary>
    public int K { get; init; } = 10;

    /// <summary>Threads that ask at once.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Queries that are put together in the second measurement; 1 for none.</summary>
    public int Interleave { get; init; } = 1;

    /// <summary>Timed rounds; the median counts.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>The shortest round; fewer queries are put again and again.</summary>
    public TimeSpan LeastRound { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long queries are put before any is timed, the search for widths included. Code that runs often is compiled again, to be faster, within a second.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Highest search width that is tried.</summary>
    public int MaxWidth { get; init; } = 4096;

    /// <summary>Whether the curve of recall against speed is measured too.</summary>
    public bool WithCurve { get; init; }

    /// <summary>Queries on which widths are searched before all confirm them.</summary>
    public int SampleQueries { get; init; } = 2000;
}
