using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;

namespace Inference.Recommendations.Pipeline;

/// <summary>Which rows one reply may show: the items of one moment, of the allow list where there is one, less the excluded, the seen and those that are placed already.</summary>
/// <remarks>Items that come while the reply is made are not shown; those that go meanwhile may be.</remarks>
internal sealed class Eligibility : IDisposable
{
    private readonly RowSet _denied;
    private readonly RowSet? _allowed;

    private Eligibility(CatalogueRows rows, RowSet denied, RowSet? allowed)
    {
        Rows = rows;
        _denied = denied;
        _allowed = allowed;
    }

    /// <summary>The moment of the catalogue that the reply is made from.</summary>
    public CatalogueRows Rows { get; }

    public RowFilter Filter => RowFilter.Of(_allowed, _denied);

    public static Eligibility Of(ItemCatalogue items, IReadOnlyList<string> allowedIds, IReadOnlyList<string> excludedIds, ReadOnlySpan<int> seen, Degradations degraded)
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
            return new Eligibility(now, denied, null);

        RowSet allowed = RowSet.Rent(now.RowCount);
        int unknown = 0;
        for (int i = 0; i < allowedIds.Count; i++)
        {
            if (items.TryGetRow(allowedIds[i], now, out int row))
                allowed.Add(row);
            else
                unknown++;
        }

        if (unknown > 0)
            degraded.Add(Components.AllowedItemIds, DegradationReason.UnknownItems, $"{unknown} of {allowedIds.Count} ids are not in the catalogue.");
        return new Eligibility(now, denied, allowed);
    }

    /// <summary>Whether a row may be shown; false for rows that came after <see cref="Rows"/>.</summary>
    public bool Allows(int row) => row < Rows.RowCount && !_denied.Contains(row) && (_allowed is null || _allowed.Contains(row));

    /// <summary>Rows that may be shown now: a pass over the bitmaps where there is an allow list.</summary>
    public int Count() => _allowed is null ? Rows.RowCount - _denied.Count : _allowed.CountOutside(_denied);

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
        _allowed?.Dispose();
    }
}
