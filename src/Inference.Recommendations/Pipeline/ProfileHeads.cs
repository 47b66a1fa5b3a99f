using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>
/// The best items of each mixture of cluster profiles, kept between requests: strangers from one country with one device weigh the clusters alike, and to add up their lists takes far longer than to read what came of it.
/// <list type="number">
/// <item>A head is the <see cref="Depth"/> best rows of the whole catalogue, whoever may be shown them; that is decided when it is read. The score of a row does not depend on which others may be shown, so the first eligible rows of a head
/// are those of the mixture itself.</item>
/// <item>Heads are found by the weights, bit for bit. When popularity has changed, or there are <see cref="MostHeads"/> of them, they are made anew.</item>
/// </list>
/// Safe for concurrent use, without locks: two requests that miss at once both make the head.
/// </summary>
internal sealed class ProfileHeads
{
    /// <summary>Rows of a head.</summary>
    public const int Depth = 256;

    /// <summary>Heads at most: 3 MB.</summary>
    public const int MostHeads = 1_024;

    private Era? _era;

    /// <summary>Finds the head of a mixture.</summary>
    /// <param name="popularity">Whose era is asked for.</param>
    /// <param name="weights">w, one per cluster.</param>
    /// <param name="head">Best first.</param>
    public bool TryGet(Popularity popularity, ReadOnlySpan<float> weights, out ReadOnlySpan<ScoredRow> head)
    {
        head = default;
        if (Volatile.Read(ref _era) is not { } era || era.Popularity != popularity || !era.Heads.TryGetValue(HashOf(weights), out Head? kept)
            || !MemoryMarshal.AsBytes(weights).SequenceEqual(MemoryMarshal.AsBytes<float>(kept.Weights)))
        {
            return false;
        }

        head = kept.Rows;
        return true;
    }

    /// <summary>Keeps a head.</summary>
    public void Add(Popularity popularity, ReadOnlySpan<float> weights, ScoredRow[] head)
    {
        Era? era = Volatile.Read(ref _era);
        if (era is null || era.Popularity != popularity || Volatile.Read(ref era.Made) >= MostHeads)
            Volatile.Write(ref _era, era = new Era(popularity));
        era.Heads[HashOf(weights)] = new Head(weights.ToArray(), head);
        Interlocked.Increment(ref era.Made);
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
