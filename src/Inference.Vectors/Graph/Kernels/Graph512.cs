using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Inference.Vectors.Graph.Kernels;

/// <summary>AVX-512 with byte and word instructions.</summary>
internal readonly unsafe struct Graph512 : IGraphKernels
{
    /// <summary>Dimensions after which 16-bit sums of 2-bit codes go to 32 bits: a dimension brings each a quarter of a product, and 80 of at most 3·127 fit.</summary>
    private const nuint Piece2 = 320;

    public static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512BW.IsSupported;

    public static int Width => 512;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void DotRows(short* query, sbyte* codes, nuint stride, nuint length, int* rows, nuint count, int* dots)
    {
        nuint i = 0;
        for (; i + 4 <= count; i += 4)
        {
            sbyte* row0 = codes + (nuint)(uint)rows[i] * stride, row1 = codes + (nuint)(uint)rows[i + 1] * stride;
            sbyte* row2 = codes + (nuint)(uint)rows[i + 2] * stride, row3 = codes + (nuint)(uint)rows[i + 3] * stride;
            Vector512<int> sum0 = Vector512<int>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
            for (nuint j = 0; j < length; j += 32)
            {
                Vector512<short> q = Vector512.Load(query + j);
                sum0 += Avx512BW.MultiplyAddAdjacent(q, Avx512BW.ConvertToVector512Int16(Vector256.Load(row0 + j)));
                sum1 += Avx512BW.MultiplyAddAdjacent(q, Avx512BW.ConvertToVector512Int16(Vector256.Load(row1 + j)));
                sum2 += Avx512BW.MultiplyAddAdjacent(q, Avx512BW.ConvertToVector512Int16(Vector256.Load(row2 + j)));
                sum3 += Avx512BW.MultiplyAddAdjacent(q, Avx512BW.ConvertToVector512Int16(Vector256.Load(row3 + j)));
            }
            Vector512<int> folded = Fold4(Fold8(sum0, sum1), Fold8(sum2, sum3));
            folded += Avx512F.Shuffle(folded, 0b01_00_11_10);
            folded += Avx512F.Shuffle(folded, 0b10_11_00_01);
            Avx512F.PermuteVar16x32(folded, Vector512.Create(0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12)).GetLower().GetLower().Store(dots + i);
        }
        for (; i < count; i++)
        {
            sbyte* row = codes + (nuint)(uint)rows[i] * stride;
            Vector512<int> sum = Vector512<int>.Zero;
            for (nuint j = 0; j < length; j += 32)
                sum += Avx512BW.MultiplyAddAdjacent(Vector512.Load(query + j), Avx512BW.ConvertToVector512Int16(Vector256.Load(row + j)));
            dots[i] = Vector512.Sum(sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Dot(float* query, short* vector, nuint length)
    {
        Vector512<float> even = Vector512<float>.Zero, odd = even;
        for (nuint i = 0; i < length; i += 32)
        {
            even = Vector512.FusedMultiplyAdd(Vector512.Load(query + i), Widen(vector + i), even);
            odd = Vector512.FusedMultiplyAdd(Vector512.Load(query + i + 16), Widen(vector + i + 16), odd);
        }
        return Sum(even + odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SquaredL2(float* query, short* vector, float scale, nuint length)
    {
        Vector512<float> even = Vector512<float>.Zero, odd = even, minus = Vector512.Create(-scale);
        for (nuint i = 0; i < length; i += 32)
        {
            Vector512<float> a = Vector512.FusedMultiplyAdd(minus, Widen(vector + i), Vector512.Load(query + i));
            Vector512<float> b = Vector512.FusedMultiplyAdd(minus, Widen(vector + i + 16), Vector512.Load(query + i + 16));
            even = Vector512.FusedMultiplyAdd(a, a, even);
            odd = Vector512.FusedMultiplyAdd(b, b, odd);
        }
        return Sum(even + odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Sums2(sbyte* query, byte* codes, nuint length, int* sums)
    {
        Vector512<int> total0 = Vector512<int>.Zero, total1 = total0;
        Vector512<byte> mask = Vector512.Create((byte)3);
        Vector512<short> ones = Vector512.Create((short)1);
        for (nuint i = 0; i < length;)
        {
            Vector512<short> low0 = Vector512<short>.Zero, low1 = low0, high0 = low0, high1 = low0;
            for (nuint end = Math.Min(length, i + Piece2); i < end; i += 16, codes += 128)
            {
                Vector512<ushort> half0 = Vector512.Load((ushort*)codes), half1 = Vector512.Load((ushort*)(codes + 64));
                Vector512<sbyte> q = Vector512.Create(*(int*)(query + i)).AsSByte();
                low0 += Avx512BW.MultiplyAddAdjacent(half0.AsByte() & mask, q);
                low1 += Avx512BW.MultiplyAddAdjacent(half1.AsByte() & mask, q);
                q = Vector512.Create(*(int*)(query + i + 4)).AsSByte();
                high0 += Avx512BW.MultiplyAddAdjacent((half0 >>> 2).AsByte() & mask, q);
                high1 += Avx512BW.MultiplyAddAdjacent((half1 >>> 2).AsByte() & mask, q);
                q = Vector512.Create(*(int*)(query + i + 8)).AsSByte();
                low0 += Avx512BW.MultiplyAddAdjacent((half0 >>> 4).AsByte() & mask, q);
                low1 += Avx512BW.MultiplyAddAdjacent((half1 >>> 4).AsByte() & mask, q);
                q = Vector512.Create(*(int*)(query + i + 12)).AsSByte();
                high0 += Avx512BW.MultiplyAddAdjacent((half0 >>> 6).AsByte() & mask, q);
                high1 += Avx512BW.MultiplyAddAdjacent((half1 >>> 6).AsByte() & mask, q);
            }
            total0 += Avx512BW.MultiplyAddAdjacent(low0, ones) + Avx512BW.MultiplyAddAdjacent(high0, ones);
            total1 += Avx512BW.MultiplyAddAdjacent(low1, ones) + Avx512BW.MultiplyAddAdjacent(high1, ones);
        }
        total0.Store(sums);
        total1.Store(sums + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Sums4(sbyte* query, byte* codes, nuint length, int* sums)
    {
        Vector512<int> total0 = Vector512<int>.Zero, total1 = total0;
        Vector512<byte> mask = Vector512.Create((byte)15);
        Vector512<short> ones = Vector512.Create((short)1);
        for (nuint i = 0; i < length; i += 32)
        {
            Vector512<short> low0 = Vector512<short>.Zero, low1 = low0, high0 = low0, high1 = low0;
            for (nuint j = i; j < i + 32; j += 8, codes += 128)
            {
                Vector512<ushort> half0 = Vector512.Load((ushort*)codes), half1 = Vector512.Load((ushort*)(codes + 64));
                Vector512<sbyte> q = Vector512.Create(*(int*)(query + j)).AsSByte();
                low0 += Avx512BW.MultiplyAddAdjacent(half0.AsByte() & mask, q);
                low1 += Avx512BW.MultiplyAddAdjacent(half1.AsByte() & mask, q);
                q = Vector512.Create(*(int*)(query + j + 4)).AsSByte();
                high0 += Avx512BW.MultiplyAddAdjacent((half0 >>> 4).AsByte() & mask, q);
                high1 += Avx512BW.MultiplyAddAdjacent((half1 >>> 4).AsByte() & mask, q);
            }
            // Eight products of at most 15·127·2 are in each 16-bit sum by now, together with its partner: as many as fit.
            total0 += Avx512BW.MultiplyAddAdjacent(low0 + high0, ones);
            total1 += Avx512BW.MultiplyAddAdjacent(low1 + high1, ones);
        }
        total0.Store(sums);
        total1.Store(sums + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Rank(ulong* keys, int count, ulong key)
    {
        int rank = 0;
        Vector512<ulong> wanted = Vector512.Create(key);
        for (int i = 0; i < count; i += 8)
            rank += System.Numerics.BitOperations.PopCount(Vector512.LessThan(Vector512.Load(keys + i), wanted).ExtractMostSignificantBits());
        return rank;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Estimate(int* sums, ushort* factors, in EstimateLine line, float limit, float* estimates)
    {
        Vector512<float> start = Vector512.Create(line.Base), slope = Vector512.Create(line.Slope), offset = Vector512.Create(line.Offset);
        Vector512<float> minusStep = Vector512.Create(-line.Step), bound = Vector512.Create(limit);
        Vector512<float> low = EstimateHalf(sums, factors, start, slope, offset, minusStep);
        Vector512<float> high = EstimateHalf(sums + 16, factors + 16, start, slope, offset, minusStep);
        low.Store(estimates);
        high.Store(estimates + 16);
        return (uint)Vector512.LessThan(low, bound).ExtractMostSignificantBits() | (uint)Vector512.LessThan(high, bound).ExtractMostSignificantBits() << 16;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> EstimateHalf(int* sums, ushort* factors, Vector512<float> start, Vector512<float> slope, Vector512<float> offset, Vector512<float> minusStep)
    {
        Vector512<float> first = (Avx512F.ConvertToVector512UInt32(Vector256.Load(factors)) << 16).AsSingle();
        Vector512<float> second = (Avx512F.ConvertToVector512UInt32(Vector256.Load(factors + IGraphKernels.Slots)) << 16).AsSingle();
        Vector512<float> sum = Vector512.ConvertToSingle(Vector512.Load(sums)) - offset;
        return Vector512.FusedMultiplyAdd(second * minusStep, sum, Vector512.FusedMultiplyAdd(slope, first, start));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Widen(short* vector) => Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector256.Load(vector)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(Vector512<float> lanes)
    {
        Vector256<float> half = lanes.GetLower() + lanes.GetUpper();
        Vector128<float> quarter = half.GetLower() + half.GetUpper();
        quarter += Vector128.Shuffle(quarter, Vector128.Create(2, 3, 0, 1));
        return quarter.ToScalar() + quarter.GetElement(1);
    }

    /// <summary>Lanes 0 and 1 plus lanes 2 and 3 of two rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Fold8(Vector512<int> a, Vector512<int> b) => Avx512F.Shuffle4x128(a, b, 0b01_00_01_00) + Avx512F.Shuffle4x128(a, b, 0b11_10_11_10);

    /// <summary>Lane 0 plus lane 1 of four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Fold4(Vector512<int> a, Vector512<int> b) => Avx512F.Shuffle4x128(a, b, 0b10_00_10_00) + Avx512F.Shuffle4x128(a, b, 0b11_01_11_01);
}
