using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>
/// The best items of each mixture of cluster profiles, kept between requests: strangers from one country with one device weigh the clusters alike, and to add up their lists takes a thousand times as long as to read what came of it.
/// <list type="number">
/// <item>A head is the <see cref="Depth"/> best rows of the whole catalogue, whoever may be shown them; that is decided when it is read. The score of a row does not depend on which others may be shown, so the first eligible rows of a head
/// are those of the mixture itself.</item>
/// <item>Heads are found by the weights, bit for bit. When popularity has changed, or there are <see cref="MostHeads"/> of them, they are made anew.</item>
/// <item>Where a filter or a history leaves too few rows of a head, nothing is answered, and the mixture has to be added up.</item>
/// </list>
/// Safe for concurrent use, without locks: two requests that miss at once both make the head.
/// </summary>
internal sealed class ProfileHeads
{
    /// <summary>Rows of a head.</summary>
    public const int Depth = 256;

    /// <summary>Heads at most: 3 MB.</summary>
    public const int MostHeads = 1_024;

    private readonly RateBoardPool _boards = new();
    private Era? _era;

    /// <summary>Writes the eligible items with the highest Σ_c w_c r(i|c), highest first, ties by row.</summary>
    /// <param name="snapshot">Whose profiles and popularity.</param>
    /// <param name="weights">w, one per cluster.</param>
    /// <param name="eligible">What may be shown.</param>
    /// <param name="found">Filled whole, or with nothing.</param>
    /// <returns>Whether the head has that many eligible rows.</returns>
    public bool TryFind(Snapshot snapshot, ReadOnlySpan<float> weights, Eligibility eligible, Span<ScoredRow> found)
    {
        if (found.Length > Depth)
            return false;
        int count = 0;
        foreach (ScoredRow item in HeadOf(snapshot, weights))
        {
            if (count == found.Length)
                break;
            if (eligible.Allows(item.Row))
                found[count++] = item;
        }

        return count == found.Length;
    }

    private ScoredRow[] HeadOf(Snapshot snapshot, ReadOnlySpan<float> weights)
    {
        Popularity popularity = snapshot.Popularity;
        Era? era = Volatile.Read(ref _era);
        if (era is null || era.Popularity != popularity || Volatile.Read(ref era.Made) >= MostHeads)
            Volatile.Write(ref _era, era = new Era(popularity));
        ulong hash = HashOf(weights);
        if (era.Heads.TryGetValue(hash, out Head? head) && MemoryMarshal.AsBytes(weights).SequenceEqual(MemoryMarshal.AsBytes<float>(head.Weights)))
            return head.Rows;
        head = new Head(weights.ToArray(), Make(snapshot.Profiles!, popularity, weights));
        era.Heads[hash] = head;
        Interlocked.Increment(ref era.Made);
        return head.Rows;
    }

    private ScoredRow[] Make(ClusterProfiles profiles, Popularity popularity, ReadOnlySpan<float> weights)
    {
        RateBoard board = _boards.Rent(popularity.Ranked.Length);
        try
        {
            float rest = ColdStart.AddLists(profiles, popularity, weights, eligible: null, board);
            foreach (ScoredRow item in popularity.Ranked[..Math.Min(Depth, popularity.Ranked.Length)])
                board.Add(item.Row, 0f);
            board.AddToAll(popularity, rest);
            return board.TakeBest(Depth).ToArray();
        }
        finally
        {
            _boards.Return(board);
        }
    }

    /// <summary>FNV-1a over the bits of the weights.</summary>
    private static ulong HashOf(ReadOnlySpan<float> weights)
    {
        ulong hash = 14695981039346656037;
        foreach (uint bits in MemoryMarshal.Cast<float, uint>(weights))
            hash = (hash ^ bits) * 1099511628211;
        return hash;
    }

    private sealed record Head(float[] Weights, ScoredRow[] Rows);

    private sealed class Era(Popularity popularity)
    {
        /// <summary>Heads that were made: at least as many as there are. To count those takes every lock of the dictionary.</summary>
        public int Made;

        public Popularity Popularity { get; } = popularity;

        public ConcurrentDictionary<ulong, Head> Heads { get; } = new();
    }
}
