namespace Inference.Vectors;

/// <summary>Which rows a search may return: those of an allow set, where there is one, less those of a deny set, where there is one.</summary>
/// <remarks>The zero value allows all rows. Borrows the sets: they must stay as they are until the search returns.</remarks>
public readonly struct RowFilter
{
    private RowFilter(RowSet? allowed, RowSet? denied)
    {
        Allowed = allowed;
        Denied = denied;
    }

    /// <summary>All rows.</summary>
    public static RowFilter None => default;

    /// <summary>The only rows that may be returned; null for all.</summary>
    public RowSet? Allowed { get; }

    /// <summary>Rows that may not be returned, allowed or not; null for none.</summary>
    public RowSet? Denied { get; }

    /// <summary>All rows but these.</summary>
    public static RowFilter Deny(RowSet denied)
    {
        ArgumentNullException.ThrowIfNull(denied);
        return new RowFilter(null, denied);
    }

    /// <summary>Only these rows.</summary>
    public static RowFilter Allow(RowSet allowed)
    {
        ArgumentNullException.ThrowIfNull(allowed);
        return new RowFilter(allowed, null);
    }

    /// <summary>Only the rows of <paramref name="allowed"/> (null: all) that are not in <paramref name="denied"/> (null: none).</summary>
    public static RowFilter Of(RowSet? allowed, RowSet? denied) => new(allowed, denied);
}
