using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Users;

/// <summary>
/// The users that a bundle brings, as bytes: a state is made for who asks for it, and not kept. Filled once, then read by anybody.
/// <list type="number">
/// <item>a user is one record: length and UTF-8 of the id; length of the history, and for each item its row + 1, or 0, length and UTF-8 of an id that the catalogue lacks; then the features as
/// <see cref="ItemContentFormat"/> has them</item>
/// <item>records lie behind one another in blocks; a table with linear probing, at most half full, finds them by id: its hash in the upper half of a place, the user's number + 1 in the lower</item>
/// </list>
/// </summary>
/// <remarks>
/// Most users of a version never come while it is served. As objects they would be most of what a load leaves behind, and the collector would meet and move each of them; and of those who come each state that is kept is moved twice before it is old.
/// A state that dies with its request costs nothing but to be made: some hundred nanoseconds.
/// </remarks>
public sealed class StoredUsers : IReadOnlyDictionary<string, UserState>
{
    private const int BlockBytes = 64 << 10, FewestPlaces = 16;

    private readonly ItemCatalogue _items;
    private readonly ItemContentFormat _format = new();
    private readonly ItemContentWriter _writer;
    private readonly List<byte[]> _blocks = [];

    /// <summary>By number of the user: block in the upper half, offset in the lower.</summary>
    private readonly List<long> _records = [];
    private ulong[] _places = new ulong[FewestPlaces];
    private ulong[] _stamps = [];
    private byte[] _record = new byte[1024];
    private int _used;

    /// <param name="items">Whose rows and ids the histories share.</param>
    public StoredUsers(ItemCatalogue items)
    {
        _items = items;
        _writer = new ItemContentWriter(_format);
    }

    /// <summary>Users; they have the numbers 0 to Count - 1, in the order in which they were added.</summary>
    public int Count => _records.Count;

    /// <summary>The ids, made anew by each call.</summary>
    public IEnumerable<string> Keys => Enumerable.Range(0, Count).Select(IdOf);

    /// <summary>The states, made anew by each call.</summary>
    public IEnumerable<UserState> Values => Enumerable.Range(0, Count).Select(Make);

    public UserState this[string key] => TryGetValue(key, out UserState? state) ? state : throw new KeyNotFoundException($"There is no user '{key}'.");

    /// <summary>Adds a user. Before the first reader.</summary>
    /// <param name="id">Not empty.</param>
    /// <param name="features">No two of one name.</param>
    /// <param name="history">Rows of items that the bundle brought, latest last; −1 for one that the catalogue lacks.</param>
    /// <param name="others">The ids of those without a row, in their order.</param>
    /// <returns>Whether the user is new; otherwise nothing is changed.</returns>
    public bool TryAdd(string id, IReadOnlyDictionary<string, FeatureValue> features, IReadOnlyList<int> history, IReadOnlyList<string> others)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        uint hash = HashOf(id);
        int place = Find(id, hash, out _);
        if (place < 0)
            return false;
        Write(id, features, history, others);
        _places[place] = ((ulong)hash << 32) | (uint)Count;
        if (Count > _places.Length / 2)
            Grow();
        return true;
    }

    /// <summary>Makes room for what is kept of states. After the last user was added.</summary>
    public void Trim()
    {
        _stamps = new ulong[Count];
        // A tenth too much is not worth a second array of this size.
        if (_records.Capacity - Count > Count / 10)
            _records.TrimExcess();
    }

    /// <summary>The id of a user, made anew by each call.</summary>
    /// <param name="number">0 to Count - 1.</param>
    public string IdOf(int number) => Encoding.UTF8.GetString(IdAt(RecordOf(number), out _));

    /// <summary>The state of a user, made anew by each call.</summary>
    /// <param name="number">0 to Count - 1.</param>
    public UserState StateOf(int number)
    {
        if (_stamps.Length != Count)
            throw new InvalidOperationException("Users are still being added.");
        return Make(number);
    }

    /// <summary>Where the stamp of a user is kept; 0 until somebody has worked it out.</summary>
    internal ref ulong StampOf(int number) => ref _stamps[number];

    public bool ContainsKey(string key) => Find(key, HashOf(key), out _) < 0;

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out UserState value)
    {
        value = Find(key, HashOf(key), out int number) < 0 ? StateOf(number) : null;
        return value is not null;
    }

    /// <summary>Ids and states in the order in which they were added, as <see cref="Keys"/> and <see cref="Values"/> have them.</summary>
    public IEnumerator<KeyValuePair<string, UserState>> GetEnumerator()
    {
        for (int number = 0; number < Count; number++)
            yield return new(IdOf(number), Make(number));
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static uint HashOf(ReadOnlySpan<char> id) => (uint)string.GetHashCode(id);

    private static ReadOnlySpan<byte> IdAt(ReadOnlySpan<byte> record, out ReadOnlySpan<byte> rest)
    {
        int length = (int)TakeNumber(ref record);
        rest = record[length..];
        return record[..length];
    }

    private static ulong TakeNumber(ref ReadOnlySpan<byte> rest)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = rest[0];
            rest = rest[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
    }

    private UserState Make(int number)
    {
        IdAt(RecordOf(number), out ReadOnlySpan<byte> rest);
        int[] history = new int[(int)TakeNumber(ref rest)];
        List<string>? others = null;
        for (int i = 0; i < history.Length; i++)
        {
            history[i] = (int)TakeNumber(ref rest) - 1;
            if (history[i] >= 0)
                continue;
            others ??= [];
            history[i] = ~others.Count;
            others.Add(Encoding.UTF8.GetString(IdAt(rest, out rest)));
        }

        return new UserState(_format.ReadFeatures(rest), new ItemHistory(_items, history, others?.ToArray() ?? []), this, number);
    }

    private ReadOnlySpan<byte> RecordOf(int number) => _blocks[(int)(_records[number] >> 32)].AsSpan((int)_records[number]);

    /// <summary>−1 and the number where the id is there; otherwise the empty place that it would get, and −1 for the number.</summary>
    private int Find(string id, uint hash, out int number)
    {
        int mask = _places.Length - 1, place = (int)hash & mask;
        for (ulong found; (found = _places[place]) != 0; place = (place + 1) & mask)
        {
            number = (int)(uint)found - 1;
            if ((uint)(found >> 32) == hash && IsId(number, id))
                return -1;
        }

        number = -1;
        return place;
    }

    private bool IsId(int number, string id)
    {
        ReadOnlySpan<byte> utf8 = IdAt(RecordOf(number), out _);
        Span<char> characters = utf8.Length <= 512 ? stackalloc char[512] : new char[utf8.Length];
        return characters[..Encoding.UTF8.GetChars(utf8, characters)].SequenceEqual(id);
    }

    private void Grow()
    {
        ulong[] old = _places;
        _places = new ulong[old.Length * 4];
        int mask = _places.Length - 1;
        foreach (ulong found in old)
        {
            if (found == 0)
                continue;
            int place = (int)(uint)(found >> 32) & mask;
            while (_places[place] != 0)
                place = (place + 1) & mask;
            _places[place] = found;
        }
    }

    private void Write(string id, IReadOnlyDictionary<string, FeatureValue> features, IReadOnlyList<int> history, IReadOnlyList<string> others)
    {
        int length = 0;
        PutText(id, ref length);
        PutNumber((ulong)history.Count, ref length);
        for (int i = 0, other = 0; i < history.Count; i++)
        {
            PutNumber((ulong)(history[i] + 1), ref length);
            if (history[i] < 0)
                PutText(others[other++], ref length);
        }

        ReadOnlySpan<byte> content = _writer.Write(features);
        content.CopyTo(Reserve(content.Length, ref length));
        if (_blocks.Count == 0 || _blocks[^1].Length - _used < length)
        {
            // What is left over of the block before is less than a user.
            _blocks.Add(new byte[Math.Max(length, BlockBytes)]);
            _used = 0;
        }

        _record.AsSpan(0, length).CopyTo(_blocks[^1].AsSpan(_used));
        _records.Add(((long)(_blocks.Count - 1) << 32) | (uint)_used);
        _used += length;
    }

    private void PutText(string text, ref int length)
    {
        int bytes = Encoding.UTF8.GetByteCount(text);
        PutNumber((ulong)bytes, ref length);
        Encoding.UTF8.GetBytes(text, Reserve(bytes, ref length));
    }

    private void PutNumber(ulong value, ref int length)
    {
        for (; value >= 0x80; value >>= 7)
            Reserve(1, ref length)[0] = (byte)(value | 0x80);
        Reserve(1, ref length)[0] = (byte)value;
    }

    private Span<byte> Reserve(int bytes, ref int length)
    {
        if (_record.Length - length < bytes)
            Array.Resize(ref _record, Math.Max(_record.Length * 2, length + bytes));
        Span<byte> place = _record.AsSpan(length, bytes);
        length += bytes;
        return place;
    }
}
