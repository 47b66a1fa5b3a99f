using Inference.Vectors.Search;

namespace Inference.Vectors;

/// <summary>Which rows a search may return: those of an allow set, where there is one, less those of a deny set, where there is one.</summary>
/// <remarks>The zero value allows all rows. Borrows the sets: they must stay as they are until the search returns.</remarks>
public readonly struct RowFilter
{
    private RowFilter(RowSet? allowed, RowSet? denied, RowBits? hidden = null)
    {
        Allowed = allowed;
        Denied = denied;
        Hidden = hidden;
    }

    /// <summary>All rows.</summary>
    public static RowFilter None => default;

    /// <summary>The only rows that may be returned; null for all.</summary>
    public RowSet? Allowed { get; }

    /// <summary>Rows that may not be returned, allowed or not; null for none.</summary>
    public RowSet? Denied { get; }

    /// <summary>Rows that later changes supersede, of a search by a live index; null for none. Grows while the search runs: a row that is added meanwhile may be returned.</summary>
    internal RowBits? Hidden { get; }

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

    /// <summary>This filter, less rows that are superseded.</summary>
    internal RowFilter Less(RowBits hidden) => new(Allowed, Denied, hidden);

    /// <summary>This filter, but that it denies nothing.</summary>
    internal RowFilter WithoutDenied() => new(Allowed, null, Hidden);

    /// <summary>Whether the caller's sets let a row through that may lie behind them, see <see cref="EligibleRows"/>.</summary>
    internal bool Admits(int row) => (Allowed is null || Allowed.Contains(row)) && !(Denied is not null && Denied.Contains(row));
}
