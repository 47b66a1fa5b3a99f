using System.Numerics;

namespace Inference.Recommendations.Snapshots;

/// <summary>The ids of a bundle's items: ids by row, rows by id. Filled once, row after row, then read by anybody.</summary>
/// <remarks>
/// Characters behind one another in blocks, each id behind its length, and one table with linear probing, a quarter to a half full: 8 bytes a place, the id's hash and its row. The string of an id is
/// made for who asks for it, and not kept: it dies young, which costs the collector nothing. Strings that are kept in a table of a million, ten for each reply and each at another place of it, made every collection look at thousands of places, for
/// ten milliseconds. The table is made while the catalogue is read. A look-up by a span takes no string, so that histories are read without one for each item in them.
/// </remarks>
public sealed class ItemIds
{
    private const int LeastPlaces = 16, BlockCharacters = 32 << 10;

    /// <summary>By row: block in the upper half, offset in the lower.</summary>
    private long[] _starts;
    private readonly List<char[]> _blocks = [];
    private int _used;

    /// <summary>Hash in the upper half, row + 1 in the lower; 0 is an empty place.</summary>
    private ulong[] _places;
    private int _mask;

    /// <param name="expected">About how many there will be: room is made for them at once.</param>
    public ItemIds(int expected = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(expected);
        _starts = expected == 0 ? [] : new long[expected];
        _places = new ulong[PlacesFor(expected)];
        _mask = _places.Length - 1;
    }

    /// <summary>Ids, and rows.</summary>
    public int Count { get; private set; }

    /// <summary>The id of a row, 0 to Count - 1; made anew by each call.</summary>
    public string this[int row] => CharactersOf(row).ToString();

    /// <summary>Gives the next row to an id. Before the first reader.</summary>
    /// <param name="id">Not empty.</param>
    /// <param name="row">The row: a new one, or the one that the id has already.</param>
    /// <returns>Whether the id is new.</returns>
    public bool TryAdd(string id, out int row)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        uint hash = HashOf(id);
        int place = Find(id, hash, out row);
        if (place < 0)
            return false;
        row = Count;
        if (row == _starts.Length)
        {
            Array.Resize(ref _starts, Math.Max(LeastPlaces, row * 2));
        }

        _starts[row] = Put(id);
        Count++;
        _places[place] = ((ulong)hash << 32) | (uint)Count;
        if (Count > _places.Length / 2)
            Grow();
        return true;
    }

    /// <summary>Gives back what is reserved for more ids. After the last one.</summary>
    public void Trim()
    {
        // A tenth too much is not worth a second array of this size.
        if (_starts.Length - Count <= Count / 10)
            return;
        Array.Resize(ref _starts, Count);
    }

    /// <summary>The row of an id.</summary>
    public bool TryGetRow(ReadOnlySpan<char> id, out int row) => Find(id, HashOf(id), out row) < 0;

    /// <summary>The characters of the id of a row, 0 to Count - 1.</summary>
    public ReadOnlySpan<char> CharactersOf(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Count, nameof(row));
        long start = _starts[row];
        ReadOnlySpan<char> block = _blocks[(int)(start >> 32)].AsSpan((int)start);
        return block.Slice(1, block[0]);
    }

    private static uint HashOf(ReadOnlySpan<char> id) => (uint)string.GetHashCode(id);

    private static int PlacesFor(int ids) => (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(LeastPlaces, 2L * Math.Min(ids, 1 << 29)));

    /// <summary>−1 and the row where the id is there; otherwise the empty place that it would get, and −1 for the row.</summary>
    private int Find(ReadOnlySpan<char> id, uint hash, out int row)
    {
        int place = (int)hash & _mask;
        for (ulong found; (found = _places[place]) != 0; place = (place + 1) & _mask)
        {
            if ((uint)(found >> 32) != hash)
                continue;
            row = (int)(uint)found - 1;
            if (id.SequenceEqual(CharactersOf(row)))
                return -1;
        }

        row = -1;
        return place;
    }

    private long Put(string id)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(id.Length, (int)char.MaxValue, nameof(id));
        if (_blocks.Count == 0 || _blocks[^1].Length - _used <= id.Length)
        {
            // What is left over of the block before is less than an id.
            _blocks.Add(new char[Math.Max(id.Length + 1, BlockCharacters)]);
            _used = 0;
        }

        char[] block = _blocks[^1];
        long start = ((long)(_blocks.Count - 1) << 32) | (uint)_used;
        block[_used] = (char)id.Length;
        id.CopyTo(block.AsSpan(_used + 1));
        _used += id.Length + 1;
        return start;
    }

    private void Grow()
    {
        ulong[] old = _places;
        _places = new ulong[old.Length * 2];
        _mask = _places.Length - 1;
        foreach (ulong found in old)
        {
            if (found == 0)
                continue;
            int place = (int)(found >> 32) & _mask;
            while (_places[place] != 0)
                place = (place + 1) & _mask;
            _places[place] = found;
        }
    }
}
