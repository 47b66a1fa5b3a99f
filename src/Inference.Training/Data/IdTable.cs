using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace Inference.Training.Data;

/// <summary>
/// Distinct texts by number, 0, 1, 2 … in the order in which they came. They are kept as UTF-8, one after another in blocks that grow with them, and found by an open hash table: 50 million events name few
/// distinct ids, and no event costs a string.
/// </summary>
public sealed class IdTable
{
    /// <summary>Longest text, in bytes.</summary>
    public const int MaxLength = 1 << 20;

    private const int FirstBlock = 1 << 10, LargestBlock = MaxLength;

    private readonly List<byte[]> _blocks = [];
    private int _blockUsed; // of the last block
    private long[] _places = new long[64]; // of text i: block, begin within it, length
    private uint[] _hashes = new uint[64];
    private int[] _slots = new int[256]; // number + 1; 0 is free
    private int _count;

    /// <summary>Number of distinct texts.</summary>
    public int Count => _count;

    /// <summary>A text by number; decoded at every call.</summary>
    public string this[int number] => Encoding.UTF8.GetString(Bytes(number));

    /// <summary>A text by number, as UTF-8.</summary>
    public ReadOnlySpan<byte> Bytes(int number)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)number, (uint)_count, nameof(number));
        long place = _places[number];
        return _blocks[(int)(place >> 42)].AsSpan((int)(place >> 21) & 0x1F_FFFF, (int)place & 0x1F_FFFF);
    }

    /// <summary>The number of a text, new or known; -1, and nothing is added, when it is not UTF-8 or longer than <see cref="MaxLength"/>.</summary>
    /// <param name="text">UTF-8.</param>
    public int Add(ReadOnlySpan<byte> text)
    {
        uint hash = Hash(text);
        int mask = _slots.Length - 1;
        for (int slot = (int)hash & mask; ; slot = (slot + 1) & mask)
        {
            int number = _slots[slot] - 1;
            if (number < 0)
                return Append(text, hash, slot);
            if (_hashes[number] == hash && Bytes(number).SequenceEqual(text))
                return number;
        }
    }

    /// <summary>The number of a text; -1 when it is not there.</summary>
    public int Find(ReadOnlySpan<byte> text)
    {
        uint hash = Hash(text);
        int mask = _slots.Length - 1;
        for (int slot = (int)hash & mask; ; slot = (slot + 1) & mask)
        {
            int number = _slots[slot] - 1;
            if (number < 0 || (_hashes[number] == hash && Bytes(number).SequenceEqual(text)))
                return number;
        }
    }

    /// <summary>The number of a text; -1 when it is not there.</summary>
    public int Find(string text)
    {
        int most = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> utf8 = most <= 512 ? stackalloc byte[most] : new byte[most];
        return Find(utf8[..Encoding.UTF8.GetBytes(text, utf8)]);
    }

    /// <summary>All texts, by number.</summary>
    public string[] ToStrings()
    {
        var texts = new string[_count];
        for (int i = 0; i < texts.Length; i++)
            texts[i] = this[i];
        return texts;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Append(ReadOnlySpan<byte> text, uint hash, int slot)
    {
        if (text.Length > MaxLength || !Utf8.IsValid(text))
            return -1;
        if (_blocks.Count == 0 || _blockUsed + text.Length > _blocks[^1].Length)
        {
            int length = _blocks.Count == 0 ? FirstBlock : Math.Min(2 * _blocks[^1].Length, LargestBlock);
            _blocks.Add(new byte[Math.Max(length, text.Length)]);
            _blockUsed = 0;
        }

        if (_count == _places.Length)
        {
            Array.Resize(ref _places, _count * 2);
            Array.Resize(ref _hashes, _count * 2);
        }

        text.CopyTo(_blocks[^1].AsSpan(_blockUsed));
        _places[_count] = ((long)(_blocks.Count - 1) << 42) | ((long)_blockUsed << 21) | (uint)text.Length;
        _hashes[_count] = hash;
        _blockUsed += text.Length;
        _slots[slot] = ++_count;
        if (_count * 2L > _slots.Length)
            Rehash();
        return _count - 1;
    }

    private void Rehash()
    {
        _slots = new int[_slots.Length * 2];
        int mask = _slots.Length - 1;
        for (int number = 0; number < _count; number++)
        {
            int slot = (int)_hashes[number] & mask;
            while (_slots[slot] != 0)
                slot = (slot + 1) & mask;
            _slots[slot] = number + 1;
        }
    }

    /// <summary>Multiplies and folds eight bytes at a time. Not keyed: whoever can choose the ids of a training set can slow its reading down, and do worse by their content.</summary>
    private static uint Hash(ReadOnlySpan<byte> text)
    {
        const ulong Odd = 0x9E37_79B9_7F4A_7C15;
        ulong hash = (ulong)text.Length * Odd;
        while (text.Length >= 8)
        {
            hash = Fold(hash ^ MemoryMarshal.Read<ulong>(text));
            text = text[8..];
        }

        ulong last = 0;
        for (int i = 0; i < text.Length; i++)
            last = (last << 8) | text[i];
        hash = Fold(hash ^ last);
        return (uint)(hash ^ (hash >> 32));

        static ulong Fold(ulong value)
        {
            ulong high = Math.BigMul(value ^ Odd, 0xD6E8_FEB8_6659_FD93, out ulong low);
            return BitOperations.RotateLeft(high ^ low, 29);
        }
    }
}
