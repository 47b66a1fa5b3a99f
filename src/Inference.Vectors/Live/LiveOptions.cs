namespace Inference.Vectors.Live;

/// <summary>What a change does that finds the log full because merging cannot keep up.</summary>
public enum WhenFull
{
    /// <summary>It waits until a merge has made room.</summary>
    Wait = 1,

    /// <summary>It throws an <see cref="InvalidOperationException"/> and changes nothing.</summary>
    Throw = 2,
}

/// <summary>When a live index merges its changes, and what happens when that fails or is too slow.</summary>
public sealed class LiveOptions
{
    /// <summary>Changes since the last merge that start the next one.</summary>
    /// <value>
    /// 1 to <see cref="MaxPending"/>; 0, the default, for 1/64 of the rows, at least 1,024 and at most 16,384, with a graph 4,096: its searches are so short that more waiting changes
    /// would double them.
    /// </value>
    public int MergeThreshold { get; set; }

    /// <summary>Most changes that wait for a merge: what bounds the memory of the log and the time that searches spend in it.</summary>
    /// <value>1 to 100 million; 131,072 by default.</value>
    public int MaxPending { get; set; } = 131_072;

    /// <summary>What a change does when that many are waiting.</summary>
    /// <value><see cref="WhenFull.Wait"/> by default.</value>
    public WhenFull WhenFull { get; set; } = WhenFull.Wait;

    /// <summary>Threads that a merge may use.</summary>
    /// <value>1 to 1,024; 1 by default, which leaves the other cores to the searches.</value>
    public int MergeThreads { get; set; } = 1;

    /// <summary>How long a failed merge is not tried again; doubled with each failure in a row, up to 64 times this.</summary>
    /// <value>Zero to one hour; a second by default.</value>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The largest row number that is taken, plus one. Every number below the largest in use costs the memory of a row, so numbers should be dense.</summary>
    /// <value>1 to <see cref="VectorMatrix.MaxCount"/>, the default.</value>
    public int MaxRowCount { get; set; } = VectorMatrix.MaxCount;

    /// <summary>Called with what went wrong in a merge, on its thread. What it throws is dropped.</summary>
    public Action<Exception>? MergeFailed { get; set; }

    /// <summary>The clock of the retries.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Makes the next index.</summary>
    internal Func<VectorIndex, IndexChanges, int, CancellationToken, VectorIndex> Merge { get; set; } =
        static (index, changes, threads, cancellationToken) => index.Merged(changes, threads, cancellationToken);

    /// <summary>A copy that nobody changes, with all values in range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal LiveOptions Checked(int rows, IndexKind kind)
    {
        var copy = (LiveOptions)MemberwiseClone();
        ThrowIfOutside(MaxPending, 1, 100_000_000, nameof(MaxPending));
        ThrowIfOutside(MergeThreshold, 0, MaxPending, nameof(MergeThreshold));
        ThrowIfOutside(MergeThreads, 1, 1024, nameof(MergeThreads));
        ThrowIfOutside(MaxRowCount, 1, VectorMatrix.MaxCount, nameof(MaxRowCount));
        ThrowIfOutside(RetryDelay, TimeSpan.Zero, TimeSpan.FromHours(1), nameof(RetryDelay));
        ThrowIfOutside((int)WhenFull, (int)Live.WhenFull.Wait, (int)Live.WhenFull.Throw, nameof(WhenFull));
        if (MergeThreshold == 0)
            copy.MergeThreshold = Math.Min(Math.Clamp(rows / 64, 1024, kind is IndexKind.Fast or IndexKind.Compact ? 4096 : 16_384), MaxPending);
        return copy;
    }

    private static void ThrowIfOutside<T>(T value, T least, T most, string name)
        where T : struct, IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
            throw new ArgumentOutOfRangeException(name, value, $"{least} to {most}.");
    }
}
