using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;

namespace Inference.Recommendations.Pipeline;

/// <summary>Which rows one reply may show: the allow list where there is one, less the excluded, the seen and those that are placed already.</summary>
internal sealed class Eligibility : IDisposable
{
    private readonly RowSet _denied;
    private readonly RowSet? _allowed;

    private Eligibility(RowSet denied, RowSet? allowed)
    {
        _denied = denied;
        _allowed = allowed;
    }

    public RowFilter Filter => RowFilter.Of(_allowed, _denied);

    public static Eligibility Of(ItemCatalogue items, IReadOnlyList<string> allowedIds, IReadOnlyList<string> excludedIds, ReadOnlySpan<int> seen, Degradations degraded)
    {
        RowSet denied = RowSet.Rent(items.Count);
        foreach (int row in seen)
            denied.Add(row);
        for (int i = 0; i < excludedIds.Count; i++)
        {
            if (items.TryGetRow(excludedIds[i], out int row))
                denied.Add(row);
        }

        if (allowedIds.Count == 0)
            return new Eligibility(denied, null);

        RowSet allowed = RowSet.Rent(items.Count);
        int unknown = 0;
        for (int i = 0; i < allowedIds.Count; i++)
        {
            if (items.TryGetRow(allowedIds[i], out int row))
                allowed.Add(row);
            else
                unknown++;
        }

        if (unknown > 0)
            degraded.Add(Components.AllowedItemIds, DegradationReason.UnknownItems, $"{unknown} of {allowedIds.Count} ids are not in the catalogue.");
        return new Eligibility(denied, allowed);
    }

    public bool Allows(int row) => !_denied.Contains(row) && (_allowed is null || _allowed.Contains(row));

    /// <summary>Takes a row out: it is placed.</summary>
    public void Deny(int row) => _denied.Add(row);

    public void Dispose()
    {
        _denied.Dispose();
        _allowed?.Dispose();
    }
}
