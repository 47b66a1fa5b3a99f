using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Inference.Vectors.Graph.Fast;
using Inference.Vectors.Graph.Kernels;
using Inference.Vectors.Memory;

namespace Inference.Vectors.Graph;

/// <summary>The sample of an <see cref="EntryLayer"/> in the form that searches score: 4 bits for each dimension, 32 rows side by side as in the records of the fast layout.</summary>
/// <remarks>
/// A level l is an 8-bit code cut to 4 bits, and s = |x|² ∕ ⟨l, x⟩ makes s⟨q, l⟩ an unbiased estimate of ⟨q, x⟩. That is off by a hundredth of the lengths, which is near enough
/// to choose where a search begins, and half as many bytes are read as of 8 bits.
/// </remarks>
internal sealed unsafe class EntryBlocks
{
    /// <summary>Rows of a block.</summary>
    public const int Rows = IGraphKernels.Slots;

    /// <summary>The middle of 16 levels.</summary>
    private const float Half = 7.5f;

    /// <summary>The largest bf16 is below the largest float, which would become infinite.</summary>
    private const float Most = 3.38e38f;

    private readonly nuint _length, _factors;

    /// <param name="blocks">How many.</param>
    /// <param name="length">Elements of a padded vector.</param>
    public EntryBlocks(int blocks, nuint length)
    {
        _length = length;
        _factors = length * Rows / 2;
        Stride = _factors + 2 * Rows * sizeof(ushort);
        Memory = new MemoryBlock((nuint)blocks * Stride);
        NativeMemory.Clear(Start, Memory.Length);
    }

    /// <summary>Held once, by the maker.</summary>
    public MemoryBlock Memory { get; }

    /// <summary>Bytes of a block.</summary>
    private nuint Stride { get; }

    private byte* Start => (byte*)Unsafe.AsPointer(ref Memory.Start<byte>());

    /// <summary>Sets a row.</summary>
    /// <param name="place">Block · <see cref="Rows"/> + slot.</param>
    /// <param name="codes">8 bits for each dimension.</param>
    /// <param name="factor">What goes with them.</param>
    public void Set(int place, ReadOnlySpan<sbyte> codes, RowFactor factor)
    {
        (int block, int slot) = Math.DivRem(place, Rows);
        byte* start = Start + (nuint)block * Stride;
        var groups = (uint*)(start + slot / 16 * 64 + slot % 16 * 4);
        long squared = 0;
        float along = 0;
        for (int i = 0; i < codes.Length; i += 8, groups += Rows)
        {
            uint packed = 0;
            for (int j = 0; j < 8; j++)
            {
                int code = codes[i + j], level = (code + 127) * 15 / 127 + 1 >> 1;
                packed |= (uint)level << j % 4 * 8 + j / 4 * 4;
                squared += code * code;
                along += code * (level - Half);
            }
            *groups = packed;
        }
        var factors = (ushort*)(start + _factors);
        factors[slot] = RecordLayout.Narrow(Math.Min(factor.SquaredNorm, Most));
        factors[slot + Rows] = RecordLayout.Narrow(along > 0 ? Math.Min(squared / along * factor.Scale, Most) : 0);
    }

    /// <summary>Makes a place one without row: its estimates pass no comparison.</summary>
    public void SetNone(int place)
    {
        var factors = (ushort*)(Start + (nuint)(place / Rows) * Stride + _factors);
        factors[place % Rows] = factors[place % Rows + Rows] = RecordLayout.None;
    }

    /// <summary>Asks for the first line of a block, and so for the translation of its address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Touch(int block)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(Start + (nuint)block * Stride);
    }

    /// <summary>Asks the caches for a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int block)
    {
        if (!Sse.IsSupported)
            return;
        byte* start = Start + (nuint)block * Stride;
        for (nuint line = 0; line < Stride; line += 64)
            Sse.Prefetch0(start + line);
    }

    /// <summary>Estimates the distances of a block.</summary>
    /// <param name="block">Its number.</param>
    /// <param name="query">What is looked for.</param>
    /// <param name="limit">Distances below it are wanted.</param>
    /// <param name="distances">Receives 32: |x|² − 2⟨q,x⟩ or −⟨q,x⟩; NaN where there is no row.</param>
    /// <param name="sums">Room for 32.</param>
    /// <returns>Bit j is set when distance j is below the limit.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Estimate<TKernels>(int block, in EntryQuery query, float limit, float* distances, int* sums)
        where TKernels : struct, IGraphKernels
    {
        byte* start = Start + (nuint)block * Stride;
        TKernels.Sums4(query.Codes, start, _length, sums);
        return TKernels.Estimate(sums, (ushort*)(start + _factors), query.Line, limit, distances);
    }
}

/// <summary>A query in the form that <see cref="EntryBlocks"/> take.</summary>
/// <param name="codes">8 bits for each dimension.</param>
/// <param name="length">Elements.</param>
/// <param name="step">What brings them back.</param>
/// <param name="squaredL2">Otherwise inner product.</param>
internal readonly unsafe ref struct EntryQuery(sbyte* codes, int length, float step, bool squaredL2)
{
    private const float Half = 7.5f;

    public readonly sbyte* Codes = codes;

    public readonly EstimateLine Line = new(0, squaredL2 ? 1 : 0, Half * SumOf(new ReadOnlySpan<sbyte>(codes, length)), squaredL2 ? 2 * step : step);

    private static int SumOf(ReadOnlySpan<sbyte> codes)
    {
        int sum = 0;
        foreach (sbyte code in codes)
            sum += code;
        return sum;
    }
}
