using System.Collections;
using Inference.Recommendations.Users;
using Inference.Storage.Caching;

namespace Inference.Storage.Users;

/// <summary>What adding an interaction to a log came to.</summary>
internal enum Added
{
    /// <summary>The log holds it now.</summary>
    Yes,

    /// <summary>The log held it already.</summary>
    Known,

    /// <summary>The log is full of later ones.</summary>
    TooOld,

    /// <summary>The user was forgotten.</summary>
    Refused,
}

/// <summary>
/// The latest interactions of a user: a set by event key, ordered by time and then by key, cut to the latest. What it holds follows from what was ever added, not from the
/// order of arrival, so replicas that have heard the same agree, and adding twice does nothing.
/// <para>
/// Immutable for its readers. The usual addition, of something later than all before, writes behind the end of a buffer that logs share and makes a new view of it:
/// O(1) amortised. Additions to logs of one user must not run at the same time.
/// </para>
/// </summary>
internal sealed class InteractionLog : IReadOnlyList<Interaction>
{
    private readonly Buffer _buffer;
    private readonly int _start;

    private InteractionLog(Buffer buffer, int start, int count)
    {
        _buffer = buffer;
        _start = start;
        Count = count;
    }

    public static InteractionLog Empty { get; } = new(new Buffer(0), 0, 0);

    public int Count { get; }

    /// <summary>Latest last.</summary>
    public ReadOnlySpan<Interaction> Items => _buffer.Items.AsSpan(_start, Count);

    /// <summary>Bytes of memory that it holds.</summary>
    public long Weight
    {
        get
        {
            long weight = (2 * (CacheWeights.Object + 16)) + CacheWeights.OfArray<Interaction>(_buffer.Items.Length);
            foreach (ref readonly Interaction item in Items)
                weight += CacheWeights.Of(item.ItemId);
            return weight;
        }
    }

    public Interaction this[int index] => Items[index];

    /// <summary>A log of interactions in any order, with or without repetitions.</summary>
    public static InteractionLog Of(ReadOnlySpan<Interaction> interactions, int most)
    {
        if (interactions.IsEmpty)
            return Empty;
        Interaction[] sorted = interactions.ToArray();
        Array.Sort(sorted, Compare);
        int count = WithoutLaterTwins(sorted);
        int start = Math.Max(0, count - most);
        return new InteractionLog(new Buffer(sorted.AsSpan(start, count - start)), 0, count - start);
    }

    /// <summary>This log with another interaction, the earliest one dropped where that makes it longer than <paramref name="most"/>.</summary>
    public InteractionLog Add(in Interaction interaction, int most, out Added added)
    {
        if (Contains(interaction.EventKey))
        {
            added = Added.Known;
            return this;
        }

        int place = PlaceOf(interaction);
        if (place == 0 && Count >= most)
        {
            added = Added.TooOld;
            return this;
        }

        added = Added.Yes;
        return place == Count ? Append(interaction, most) : Insert(interaction, place, most);
    }

    /// <summary>The union of two logs, cut to the latest; this one where they are the same.</summary>
    public InteractionLog Union(InteractionLog other, int most)
    {
        if (other.Count == 0 || HoldsTheSame(other))
            return this;
        if (Count == 0)
            return other;
        var both = new Interaction[Count + other.Count];
        Items.CopyTo(both);
        other.Items.CopyTo(both.AsSpan(Count));
        return Of(both, most);
    }

    public IEnumerator<Interaction> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Of two interactions with one key the earlier one stays, wherever they come from. Events are told apart by their ids, so such twins are a caller's mistake.</summary>
    private static int WithoutLaterTwins(Span<Interaction> sorted)
    {
        var keys = new HashSet<ulong>(sorted.Length);
        int count = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            if (keys.Add(sorted[i].EventKey))
                sorted[count++] = sorted[i];
        }

        return count;
    }

    private static int Compare(Interaction a, Interaction b)
    {
        int byTime = a.Time.UtcTicks.CompareTo(b.Time.UtcTicks);
        return byTime != 0 ? byTime : a.EventKey.CompareTo(b.EventKey);
    }

    private bool HoldsTheSame(InteractionLog other)
    {
        if (Count != other.Count)
            return false;
        ReadOnlySpan<Interaction> items = Items, others = other.Items;
        for (int i = 0; i < items.Length; i++)
        {
            if (items[i].EventKey != others[i].EventKey)
                return false;
        }

        return true;
    }

    private bool Contains(ulong eventKey)
    {
        ReadOnlySpan<Interaction> items = Items;
        for (int i = items.Length - 1; i >= 0; i--)
        {
            if (items[i].EventKey == eventKey)
                return true;
        }

        return false;
    }

    private int PlaceOf(in Interaction interaction)
    {
        int place = Count;
        while (place > 0 && Compare(interaction, Items[place - 1]) < 0)
            place--;
        return place;
    }

    private InteractionLog Append(in Interaction interaction, int most)
    {
        int start = Count >= most ? _start + 1 : _start, count = Count >= most ? Count : Count + 1;
        if (_buffer.TryAppend(_start + Count, interaction))
            return new InteractionLog(_buffer, start, count);
        var buffer = new Buffer(Items[(start - _start)..], Room(count));
        buffer.TryAppend(count - 1, interaction);
        return new InteractionLog(buffer, 0, count);
    }

    private InteractionLog Insert(in Interaction interaction, int place, int most)
    {
        int dropped = Count >= most ? 1 : 0;
        int count = Count + 1 - dropped;
        var items = new Interaction[count];
        Items[dropped..place].CopyTo(items);
        items[place - dropped] = interaction;
        Items[place..].CopyTo(items.AsSpan(place - dropped + 1));
        return new InteractionLog(new Buffer(items, Room(count)), 0, count);
    }

    private static int Room(int count) => count + Math.Max(4, count / 4);

    /// <summary>An array whose places are written once, in order.</summary>
    private sealed class Buffer
    {
        private int _used;

        public Buffer(int room) => Items = room == 0 ? [] : new Interaction[room];

        public Buffer(ReadOnlySpan<Interaction> items, int room = 0)
            : this(Math.Max(room, items.Length))
        {
            items.CopyTo(Items);
            _used = items.Length;
        }

        public Interaction[] Items { get; }

        /// <summary>Writes behind the last item, if that is where the caller's view ends.</summary>
        public bool TryAppend(int place, in Interaction item)
        {
            if (place != _used || _used == Items.Length)
                return false;
            Items[_used++] = item;
            return true;
        }
    }
}
