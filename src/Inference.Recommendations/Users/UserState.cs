using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Users;

/// <summary>What is known of a user. Immutable. Safe for concurrent use.</summary>
public sealed class UserState
{
    private ulong _stamp;
    private KeptRows? _rows;
    private bool _wasAsked;

    /// <param name="features">Stored features by name.</param>
    /// <param name="history">Ids of the items that the user touched, latest last: those of the bundle, then those of <paramref name="interactions"/>; capped by the store.</param>
    /// <param name="interactions">What was recorded while serving, latest last; capped by the store. Skips are here and not in the history.</param>
    public UserState(IReadOnlyDictionary<string, FeatureValue> features, IReadOnlyList<string> history, IReadOnlyList<Interaction>? interactions = null)
    {
        Features = features;
        History = history;
        Interactions = interactions ?? [];
    }

    public IReadOnlyDictionary<string, FeatureValue> Features { get; }

    public IReadOnlyList<string> History { get; }

    public IReadOnlyList<Interaction> Interactions { get; }

    /// <summary>Changes whenever anything changes that a user tower reads, and is the same on all replicas: an embedding made from another stamp is out of date.</summary>
    public ulong Stamp => _stamp != 0 ? _stamp : _stamp = UserStamp.Of(Features, History);

    /// <summary>
    /// The rows of the history in a catalogue, without ids that it lacks, in the history's order, where ids have to be looked up. They are kept from the second question on, while the catalogue stays as it is: to find an id among a million takes two or
    /// three misses of the cache, and users who ask again have histories of dozens.
    /// </summary>
    /// <returns>Null at the first question, for users who ask once need no rows kept; and where the history is one of rows.</returns>
    internal int[]? RowsIn(ItemCatalogue items)
    {
        var stored = History as ItemHistory;
        if (stored is not null && !stored.IsOf(items))
            stored = null;
        if (stored is { IsAllRows: true })
            return null;
        CatalogueRows now = items.Rows;
        if (Volatile.Read(ref _rows) is { } kept && kept.Moment == now.Moment)
            return kept.Rows;
        if (!_wasAsked)
        {
            _wasAsked = true;
            return null;
        }

        int[] rows = new int[History.Count];
        int count = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            if (stored is null ? items.TryGetRow(History[i], now, out int row) : stored.TryGetRow(i, now, out row))
                rows[count++] = row;
        }

        Array.Resize(ref rows, count);
        Volatile.Write(ref _rows, new KeptRows(now.Moment, rows));
        return rows;
    }

    private sealed record KeptRows(ulong Moment, int[] Rows);
}
