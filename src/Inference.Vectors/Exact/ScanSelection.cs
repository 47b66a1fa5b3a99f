using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Inference.Vectors.Kernels.Bytes;

namespace Inference.Vectors.Exact;

/// <summary>Turns the sums of a stretch into estimates and says which rows may reach the threshold: bit i of word w is row 64·w + i.</summary>
internal ref struct ScanSelection
{
    /// <summary>Words of a stretch.</summary>
    public const int Words = ScanCodes.StretchRows / 64;

    /// <summary>The step of each row.</summary>
    public ref float Steps;

    /// <summary>|y|² of each row; a null reference where the metric has none.</summary>
    public ref float Squares;

    /// <summary>Subtracted from the sums.</summary>
    public (int High, int Low) Offsets;

    /// <summary>What the high sum is multiplied with before the low one is added.</summary>
    public float Radix;

    /// <summary>See <see cref="ScanBounds"/>.</summary>
    public float Scale, Spread, Least;

    /// <summary>The least that the estimate of one row can mean, but for the error of the stretch.</summary>
    /// <param name="high">The row's sum with the high part of the query.</param>
    /// <param name="i">The row, counted from the first.</param>
    public readonly double Floor(int high, int i)
    {
        double floor = ((double)(high - Offsets.High) * Scale - Spread) * Unsafe.Add(ref Steps, i);
        return Unsafe.IsNullRef(ref Squares) ? floor : floor - Unsafe.Add(ref Squares, i);
    }

    /// <summary>Marks the candidates of some blocks; true if there are any.</summary>
    /// <param name="high">Sums with the high part of the query.</param>
    /// <param name="low">Sums with the low part; a null reference where only the high part was read.</param>
    /// <param name="blocks">How many blocks have sums.</param>
    /// <param name="candidates"><see cref="Words"/> words.</param>
    /// <remarks>A comparison that is not less: what is no number has to be looked at.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly bool Select(ref int high, ref int low, int blocks, Span<ulong> candidates)
    {
        Debug.Assert(candidates.Length == Words);
        candidates.Clear();
        ulong any = 0;
        for (int block = 0; block < blocks; block++)
        {
            ulong mask = Vector512.IsHardwareAccelerated ? Block512(ref high, ref low, block) : Block128(ref high, ref low, block);
            candidates[block / 4] |= mask << (block % 4 * ByteKernels.BlockRows);
            any |= mask;
        }
        return any != 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly ulong Block512(ref int high, ref int low, int block)
    {
        nuint at = (nuint)(uint)block * ByteKernels.BlockRows;
        Vector512<float> sum = Vector512.ConvertToSingle(Vector512.LoadUnsafe(ref high, at) - Vector512.Create(Offsets.High));
        if (!Unsafe.IsNullRef(ref low))
            sum = sum * Vector512.Create(Radix) + Vector512.ConvertToSingle(Vector512.LoadUnsafe(ref low, at) - Vector512.Create(Offsets.Low));
        Vector512<float> most = (sum * Vector512.Create(Scale) + Vector512.Create(Spread)) * Vector512.LoadUnsafe(ref Steps, at);
        if (!Unsafe.IsNullRef(ref Squares))
            most -= Vector512.LoadUnsafe(ref Squares, at);
        return ~Vector512.LessThan(most, Vector512.Create(Least)).ExtractMostSignificantBits() & 0xFFFF;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly ulong Block128(ref int high, ref int low, int block)
    {
        ulong mask = 0;
        for (int part = 0; part < ByteKernels.BlockRows; part += Vector128<float>.Count)
        {
            nuint at = (nuint)(uint)(block * ByteKernels.BlockRows + part);
            Vector128<float> sum = Vector128.ConvertToSingle(Vector128.LoadUnsafe(ref high, at) - Vector128.Create(Offsets.High));
            if (!Unsafe.IsNullRef(ref low))
                sum = sum * Vector128.Create(Radix) + Vector128.ConvertToSingle(Vector128.LoadUnsafe(ref low, at) - Vector128.Create(Offsets.Low));
            Vector128<float> most = (sum * Vector128.Create(Scale) + Vector128.Create(Spread)) * Vector128.LoadUnsafe(ref Steps, at);
            if (!Unsafe.IsNullRef(ref Squares))
                most -= Vector128.LoadUnsafe(ref Squares, at);
            mask |= (ulong)(~Vector128.LessThan(most, Vector128.Create(Least)).ExtractMostSignificantBits() & 0xF) << part;
        }
        return mask;
    }
}
