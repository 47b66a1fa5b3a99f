using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Users;

/// <summary>What is known of a user. Immutable. Safe for concurrent use.</summary>
public sealed class UserState
{
    private readonly StoredUsers? _users;
    private readonly int _number;
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

    /// <summary>The state of a user that a bundle brought.</summary>
    internal UserState(IReadOnlyDictionary<string, FeatureValue> features, ItemHistory history, StoredUsers users, int number)
        : this(features, history) =>
        (_users, _number) = (users, number);

    public IReadOnlyDictionary<string, FeatureValue> Features { get; }

    public IReadOnlyList<string> History { get; }

    public IReadOnlyList<Interaction> Interactions { get; }

    /// <summary>Changes whenever anything changes that a user tower reads, and is the same on all replicas: an embedding made from another stamp is out of date.</summary>
    public ulong Stamp
    {
        get
        {
            ref ulong kept = ref _stamp;
            if (_users is not null)
                kept = ref _users.StampOf(_number);
            ulong stamp = Volatile.Read(ref kept);
            if (stamp == 0)
                Volatile.Write(ref kept, stamp = UserStamp.Of(Features, History));
            return stamp;
        }
    }

    /// <summary>Whether two states are the same user's of the same bundle, and so the same, though made for two that asked.</summary>
    public static bool AreSame(UserState? one, UserState? other) => ReferenceEquals(one, other) || (one is { _users: { } users, _number: var number } && ReferenceEquals(users, other?._users) && number == other._number);

    /// <summary>The row of an item of the history; false where the catalogue holds none at that moment. Takes no string where the history is that of a bundle, and the catalogue its own.</summary>
    /// <param name="items">The catalogue.</param>
    /// <param name="place">Place in the history.</param>
    /// <param name="now">A moment of the catalogue.</param>
    /// <param name="row">The row.</param>
    public bool TryGetRow(ItemCatalogue items, int place, CatalogueRows now, out int row) =>
        History is ItemHistory stored && stored.IsOf(items) ? stored.TryGetRow(place, now, out row) : items.TryGetRow(History[place], now, out row);

    /// <summary>
    /// The rows of the history in a catalogue, without ids that it lacks, in the history's order, where ids have to be looked up. They are kept from the second question on, while the catalogue stays as it is: to find an id among a million takes two or
    /// three misses of the cache, and users who ask again have histories of dozens.
    /// </summary>
    /// <returns>Null at the first question, for users who ask once need no rows kept; and where the history is one of rows.</returns>
    internal int[]? RowsIn(ItemCatalogue items)
    {
        if (History is ItemHistory { IsAllRows: true } stored && stored.IsOf(items))
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
            if (TryGetRow(items, i, now, out int row))
                rows[count++] = row;
        }

        Array.Resize(ref rows, count);
        Volatile.Write(ref _rows, new KeptRows(now.Moment, rows));
        return rows;
    }

    private sealed record KeptRows(ulong Moment, int[] Rows);
}
