namespace Inference.Vectors;

/// <summary>How an index is to be built.</summary>
public sealed record IndexOptions
{
    /// <summary>Which kind; null lets the builder measure and choose.</summary>
    public IndexKind? Kind { get; init; }

    /// <summary>Share of the true best rows that a search is to find, 0 to 1. A graph is tuned to it.</summary>
    /// <value>0.99. At 0 a graph is not tuned, and an untuned one keeps 96 candidates; a kind must then be given.</value>
    public double TargetRecall { get; init; } = 0.99;

    /// <summary>Results for which recall is measured.</summary>
    /// <value>10.</value>
    public int Wanted { get; init; } = 10;

    /// <summary>Vectors like those that will be searched with, for tuning: count × dimension, row-major. Where there are none, rows of the matrix serve.</summary>
    public ReadOnlyMemory<float> SampleQueries { get; init; }

    /// <summary>An exact scan that takes no longer than this for one search is chosen without building a graph.</summary>
    /// <value>60 µs.</value>
    public TimeSpan FastEnough { get; init; } = TimeSpan.FromMicroseconds(60);

    /// <summary>Most bytes that the index may take; the fast layout of the graph gives way to the compact one.</summary>
    /// <value>No limit.</value>
    public long MemoryLimit { get; init; } = long.MaxValue;

    /// <summary>Rows of the matrix that have no vector, by number; no search finds them.</summary>
    public ReadOnlyMemory<int> AbsentRows { get; init; }

    /// <summary>Candidates that the search for a new node's neighbours keeps: more make a better graph and take longer.</summary>
    /// <value>96.</value>
    public int BuildWidth { get; init; } = 96;

    /// <summary>Bits for each dimension of a neighbour's code in the fast layout: 2 or 4; 0 chooses by the dimension.</summary>
    public int CodeBits { get; init; }

    /// <summary>Of all that is random in a build. The same rows, options and seed give the same graph, whatever the number of threads.</summary>
    /// <value>1.</value>
    public int Seed { get; init; } = 1;

    /// <summary>Threads that build: of the scheduler of the task that builds, so a build in tasks of a scheduler of its own leaves the thread pool alone.</summary>
    /// <value>All processors.</value>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <exception cref="ArgumentOutOfRangeException">A value outside its range.</exception>
    internal void Validate()
    {
        if (Kind is { } kind && !Enum.IsDefined(kind))
            throw new ArgumentOutOfRangeException(nameof(Kind), kind, "There is no such kind of index.");
        if (!(TargetRecall is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(TargetRecall), TargetRecall, "Recall is 0 to 1.");
        if (Kind is null && TargetRecall == 0)
            throw new ArgumentOutOfRangeException(nameof(TargetRecall), TargetRecall, "A kind can only be chosen by the time that a wanted recall takes.");
        ArgumentOutOfRangeException.ThrowIfLessThan(Wanted, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BuildWidth, 8);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BuildWidth, 1024);
        if (CodeBits is not (0 or 2 or 4))
            throw new ArgumentOutOfRangeException(nameof(CodeBits), CodeBits, "Codes have 2 or 4 bits; 0 chooses.");
        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(MemoryLimit);
    }
}
