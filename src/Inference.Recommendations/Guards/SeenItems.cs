using System.Buffers;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;

namespace Inference.Recommendations.Guards;

/// <summary>
/// What a user has seen, and what was shown too often, at the moment of a request, by the recorded interactions alone.
/// <list type="number">
/// <item>An item is seen if the bundle's history or the request names it, or if an interaction is younger than items are left out after one of its type.</item>
/// <item>An item is capped if enough confirmed impressions since the latest touch lie within the window.</item>
/// </list>
/// With the default options nothing is looked at: the whole history is seen. Safe for concurrent use.
/// </summary>
internal sealed class SeenItems
{
    private readonly TimeProvider _time;
    private readonly int _most;
    private readonly TimeSpan _window;
    private readonly TimeSpan[] _leftOut;
    private readonly bool _isAllSeen;

    public SeenItems(GuardOptions options, TimeProvider time)
    {
        (_time, _most, _window) = (time, options.ShownAtMost, options.ShownWithin);
        _leftOut = new TimeSpan[(int)InteractionType.Skip + 1];
        _leftOut[(int)InteractionType.View] = options.SeenAfterView;
        _leftOut[(int)InteractionType.Click] = options.SeenAfterClick;
        _leftOut[(int)InteractionType.Cart] = options.SeenAfterCart;
        _leftOut[(int)InteractionType.Purchase] = options.SeenAfterPurchase;
        _leftOut[(int)InteractionType.Like] = options.SeenAfterLike;
        _isAllSeen = Array.TrueForAll(_leftOut[1..(int)InteractionType.Skip], span => span >= GuardOptions.Always);
    }

    /// <summary>What a reply leaves out.</summary>
    /// <param name="items">The catalogue.</param>
    /// <param name="user">Who asks; null where nothing is known.</param>
    /// <param name="recent">Items that the request says were touched.</param>
    /// <param name="history">Rows of all that was touched.</param>
    /// <param name="includeSeen">Whether the request wants to see what was seen.</param>
    public HeldRows Of(ItemCatalogue items, UserState? user, IReadOnlyList<string> recent, ReadOnlyMemory<int> history, bool includeSeen)
    {
        bool sorts = !includeSeen && !_isAllSeen, caps = _most > 0;
        if ((!sorts && !caps) || user is not { Interactions.Count: > 0 })
            return new HeldRows(includeSeen ? default : history);

        IReadOnlyList<Interaction> done = user.Interactions;
        int[] rows = ArrayPool<int>.Shared.Rent((sorts ? user.History.Count + recent.Count : 0) + (2 * done.Count));
        long[] keys = ArrayPool<long>.Shared.Rent(done.Count);
        try
        {
            CatalogueRows now = items.Rows;
            int seen = sorts ? AddUndated(items, now, user, recent, rows) : -1;
            Span<long> byItem = keys.AsSpan(0, KeysOf(items, now, done, keys));
            if (sorts)
                seen = AddSeen(done, byItem, rows, seen);
            int capped = caps ? AddCapped(done, byItem, rows.AsSpan(Math.Max(0, seen))) : 0;
            return new HeldRows(rows, seen, capped, includeSeen ? default : history);
        }
        finally
        {
            ArrayPool<long>.Shared.Return(keys);
        }
    }

    /// <summary>Rows of the bundle's history and of the request: nobody says what was done when.</summary>
    private static int AddUndated(ItemCatalogue items, CatalogueRows now, UserState user, IReadOnlyList<string> recent, int[] rows)
    {
        int undated = user.History.Count, count = 0;
        for (int i = 0; i < user.Interactions.Count; i++)
            undated -= user.Interactions[i].Type == InteractionType.Skip ? 0 : 1;
        for (int i = 0; i < undated; i++)
        {
            if (user.TryGetRow(items, i, now, out int row))
                rows[count++] = row;
        }

        for (int i = 0; i < recent.Count; i++)
        {
            if (items.TryGetRow(recent[i], now, out int row))
                rows[count++] = row;
        }

        return count;
    }

    /// <summary>Row and place of each interaction with an item of the catalogue: those of one item behind one another, the latest first.</summary>
    private static int KeysOf(ItemCatalogue items, CatalogueRows now, IReadOnlyList<Interaction> done, long[] keys)
    {
        int count = 0;
        for (int i = 0; i < done.Count; i++)
        {
            if (items.TryGetRow(done[i].ItemId, now, out int row))
                keys[count++] = ((long)row << 32) | (uint)(done.Count - 1 - i);
        }

        keys.AsSpan(0, count).Sort();
        return count;
    }

    private static int PlaceOf(long key, int count) => count - 1 - (int)(uint)key;

    private int AddSeen(IReadOnlyList<Interaction> done, ReadOnlySpan<long> byItem, int[] rows, int count)
    {
        DateTimeOffset now = _time.GetUtcNow();
        int last = -1;
        foreach (long key in byItem)
        {
            int row = (int)(key >> 32);
            Interaction one = done[PlaceOf(key, done.Count)];
            TimeSpan leftOut = _leftOut[(int)one.Type];
            if (row == last || leftOut == TimeSpan.Zero || now - one.Time >= leftOut)
                continue;
            rows[count++] = last = row;
        }

        return count;
    }

    private int AddCapped(IReadOnlyList<Interaction> done, ReadOnlySpan<long> byItem, Span<int> rows)
    {
        DateTimeOffset since = _time.GetUtcNow() - _window;
        int count = 0;
        for (int i = 0; i < byItem.Length;)
        {
            int row = (int)(byItem[i] >> 32), shown = 0;
            bool isOver = false;
            for (; i < byItem.Length && (int)(byItem[i] >> 32) == row; i++)
            {
                Interaction one = done[PlaceOf(byItem[i], done.Count)];
                isOver |= one.Type != InteractionType.Skip || one.Time <= since;
                shown += isOver ? 0 : 1;
            }

            if (shown >= _most)
                rows[count++] = row;
        }

        return count;
    }
}
