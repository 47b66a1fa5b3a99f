using System.Runtime.CompilerServices;

namespace Inference.Vectors;

/// <summary>
/// A first answer to whether a row is in a set: no, or perhaps. 512 bits, one for each member, in one line of the cache, where the bitmap of a million rows has two thousand, which are never in it. A set of twenty rows says "perhaps" of 4 % of the others, one of a
/// hundred of 18 %. (Bloom, Space/time trade-offs in hash coding with allowable errors, 1970, with one hash.)
/// </summary>
internal struct RowSignature
{
    /// <summary>64-bit words that it takes.</summary>
    public const int Words = 8;

    private Bits _bits;

    /// <summary>Adds a row. There is no way to take one out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int row)
    {
        uint place = PlaceOf(row);
        _bits[(int)(place >> 6)] |= 1UL << (int)place;
    }

    /// <summary>False for rows that were not added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool MayContain(int row)
    {
        uint place = PlaceOf(row);
        return (_bits[(int)(place >> 6)] & (1UL << (int)place)) != 0;
    }

    /// <summary>Says "perhaps" of all rows.</summary>
    public void Fill() => ((Span<ulong>)_bits).Fill(ulong.MaxValue);

    /// <summary>The high bits of a product by 2³² ∕ φ: neighbouring rows lie far apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint PlaceOf(int row) => (uint)row * 0x9E37_79B1 >> 23;

    [InlineArray(Words)]
    private struct Bits
    {
        private ulong _first;
    }
}
