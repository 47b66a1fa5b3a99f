using Inference.Recommendations.Filters.Columns;

namespace Inference.Recommendations.Filters;

/// <summary>What is kept of one filter. Rows and use may be read by anybody, the rest is behind the lock of the filters.</summary>
internal sealed class KeptFilter
{
    private FilterRows? _rows;
    private long _lastUse;

    public FilterRows? Rows
    {
        get => Volatile.Read(ref _rows);
        set => Volatile.Write(ref _rows, value);
    }

    public long LastUse
    {
        get => Volatile.Read(ref _lastUse);
        set => Volatile.Write(ref _lastUse, value);
    }

    public RowTest? Test { get; set; }

    /// <summary>How many columns there were when <see cref="Test"/> was made.</summary>
    public int Columns { get; set; }
}
