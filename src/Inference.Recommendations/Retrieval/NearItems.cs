using Inference.Recommendations.Recall;
using Inference.Vectors;

namespace Inference.Recommendations.Retrieval;

/// <summary>
/// The items nearest to an item, kept between requests: sessions of many users are about the same few items, and an item's neighbours are the same for all of them.
/// <list type="number">
/// <item>A table of <see cref="Slots"/> lists by row; a list that another row needs the slot of is replaced.</item>
/// <item>A list is what the index found among all items. Who may be shown what is decided when it is read, so it serves every user and every filter that leaves enough of it.</item>
/// <item>When items have come, gone or moved, or a scan answers for the index, all lists are forgotten, but no more often than every <see cref="Freshness"/>. Items that are gone are left out at once, for they are not eligible.</item>
/// </list>
/// Safe for concurrent use, without locks: two requests that miss at once both search.
/// </summary>
internal sealed class NearItems
{
    /// <summary>Items of a list.</summary>
    public const int Listed = 160;

    /// <summary>How long a change of the catalogue may go unseen by lists that were made before it.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(10);

    /// <summary>Lists at most: 11 MB.</summary>
    private const int Slots = 1 << 14;

    private Era? _era;

    /// <summary>Rows nearest to the item of a row, itself perhaps among them, nearest first.</summary>
    /// <param name="index">The index.</param>
    /// <param name="row">The row of the item.</param>
    /// <param name="vector">What it is searched for with: the same for the same row as long as the index does not change.</param>
    /// <param name="searcher">Searches, where there is no list.</param>
    /// <param name="scratch">At least <see cref="Listed"/> places.</param>
    /// <param name="time">Seconds of a clock that never goes back.</param>
    public ReadOnlySpan<int> Of(LiveIndex index, int row, ReadOnlySpan<float> vector, IndexSearcher searcher, Span<Neighbor> scratch, double time)
    {
        List?[] lists = Current(index, searcher, time).Lists;
        ref List? slot = ref lists[(int)(((uint)row * 0x9E3779B1u) >> (32 - 14))];
        if (Volatile.Read(ref slot) is { } list && list.Row == row)
            return list.Rows;
        int count = searcher.Search(vector, scratch[..Listed], default);
        int[] rows = new int[count];
        for (int i = 0; i < count; i++)
            rows[i] = scratch[i].Row;
        Volatile.Write(ref slot, new List(row, rows));
        return rows;
    }

    private Era Current(LiveIndex index, IndexSearcher searcher, double time)
    {
        Era? era = Volatile.Read(ref _era);
        if (era is not null && (time - era.Begun < Freshness.TotalSeconds || index.ChangeCount == era.Changes && searcher.Scans == era.Scans))
            return era;
        // The count is read first: what the lists of the era are made from is at least as new.
        var next = new Era(index.ChangeCount, searcher.Scans, time, new List?[Slots]);
        return Interlocked.CompareExchange(ref _era, next, era) == era ? next : Volatile.Read(ref _era)!;
    }

    private sealed record List(int Row, int[] Rows);

    private sealed record Era(long Changes, bool Scans, double Begun, List?[] Lists);
}
