using Inference.Recommendations.Filters;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Recall;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;

namespace Inference.Recommendations.Pipeline;

/// <summary>Which rows one reply may show: the items of one moment, of the filter and the allow list where there are any, less the excluded, the seen and those that are placed already.</summary>
/// <remarks>Items that come while the reply is made are not shown; those that go meanwhile may be. The set of a filter is shared and stays as it is; all others are the reply's own.</remarks>
internal sealed class Eligibility : IDisposable
{
    private readonly RowSet _denied;
    private readonly RowSet? _allowed;
    private readonly bool _ownsAllowed;

    private Eligibility(CatalogueRows rows, RowSet denied, RowSet? allowed, bool ownsAllowed)
    {
        Rows = rows;
        _denied = denied;
        _allowed = allowed;
        _ownsAllowed = ownsAllowed;
    }

    /// <summary>The moment of the catalogue that the reply is made from.</summary>
    public CatalogueRows Rows { get; }

    public RowFilter Filter => RowFilter.Of(_allowed, _denied);

    /// <summary>At most so many rows may be shown.</summary>
    public int Most => Math.Min(Rows.Count, _allowed?.Count ?? int.MaxValue);

    /// <param name="items">The catalogue.</param>
    /// <param name="allowedIds">The only items that may be shown; empty for all.</param>
    /// <param name="excludedIds">Items that may not be shown.</param>
    /// <param name="seen">Rows that may not be shown.</param>
    /// <param name="filter">The only rows that may be shown; null for all.</param>
    /// <param name="degraded">Is told of allowed ids that are not in the catalogue.</param>
    public static Eligibility Of(
        ItemCatalogue items, IReadOnlyList<string> allowedIds, IReadOnlyList<string> excludedIds, ReadOnlySpan<int> seen, FilterRows? filter, Degradations degraded)
    {
        CatalogueRows now = items.Rows;
        RowSet denied = RowSet.Rent(now.RowCount, now.Deleted);
        foreach (int row in seen)
            denied.Add(row);
        for (int i = 0; i < excludedIds.Count; i++)
        {
            if (items.TryGetRow(excludedIds[i], now, out int row))
                denied.Add(row);
        }

        if (allowedIds.Count == 0)
            return new Eligibility(now, denied, filter?.Rows, ownsAllowed: false);

        RowSet allowed = RowSet.Rent(now.RowCount);
        int unknown = 0;
        for (int i = 0; i < allowedIds.Count; i++)
        {
            if (!items.TryGetRow(allowedIds[i], now, out int row))
                unknown++;
            else if (filter is null || filter.Rows.Contains(row))
                allowed.Add(row);
        }

        if (unknown > 0)
            degraded.Add(Components.AllowedItemIds, DegradationReason.UnknownItems, $"{unknown} of {allowedIds.Count} ids are not in the catalogue.");
        return new Eligibility(now, denied, allowed, ownsAllowed: true);
    }

    /// <summary>Writes the rows that may be shown, ascending, where filter and allow list leave no more of them than there are places.</summary>
    /// <returns>How many; −1 where there may be more.</returns>
    public int CopyFew(Span<int> rows)
    {
        if (_allowed is null || _allowed.Count > rows.Length)
            return -1;
        int count = 0;
        for (int row = _allowed.NextFrom(0); row >= 0; row = _allowed.NextFrom(row + 1))
        {
            if (Allows(row))
                rows[count++] = row;
        }

        return count;
    }

    /// <summary>Whether a row may be shown; false for rows that came after <see cref="Rows"/>.</summary>
    public bool Allows(int row) => row < Rows.RowCount && !_denied.Contains(row) && (_allowed is null || _allowed.Contains(row));

    /// <summary>Rows that may be shown now: a pass over the bitmaps where there is an allow list.</summary>
    public int Count() => _allowed is null ? Rows.RowCount - _denied.Count : _allowed.CountOutside(_denied);

    /// <summary>How much of the catalogue may be shown now; as costly as <see cref="Count"/>.</summary>
    public FilterClass Class() => FilterClasses.Of(Count(), Rows.RowCount, _allowed is not null);

    /// <summary>Whether any row may be shown now.</summary>
    public bool Any() => _allowed is null ? Rows.RowCount > _denied.Count : _allowed.CountOutside(_denied, enough: 1) > 0;

    /// <summary>Takes a row out: it is placed.</summary>
    /// <returns>False where it was out already.</returns>
    public bool Deny(int row) => _denied.Add(row);

    /// <summary>Takes rows out.</summary>
    public void Deny(ReadOnlySpan<int> rows)
    {
        foreach (int row in rows)
            _denied.Add(row);
    }

    public void Dispose()
    {
        _denied.Dispose();
        if (_ownsAllowed)
            _allowed?.Dispose();
    }
}
