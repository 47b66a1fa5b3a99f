using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Inference.Vectors.Graph.Kernels;

/// <summary>AVX2 with fused multiply-add.</summary>
internal readonly unsafe struct Graph256 : IGraphKernels
{
    /// <summary>Dimensions after which 16-bit sums of 2-bit codes go to 32 bits: a dimension brings a lane half a product, and 80 of at most 3·127 fit.</summary>
    private const nuint Piece2 = 160;

    /// <summary>The same for 4-bit codes: 16 products of at most 15·127 fit.</summary>
    private const nuint Piece4 = 32;

    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    public static int Width => 256;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void DotRows(short* query, sbyte* codes, nuint stride, nuint length, int* rows, nuint count, int* dots)
    {
        nuint i = 0;
        for (; i + 4 <= count; i += 4)
        {
            sbyte* row0 = codes + (nuint)(uint)rows[i] * stride, row1 = codes + (nuint)(uint)rows[i + 1] * stride;
            sbyte* row2 = codes + (nuint)(uint)rows[i + 2] * stride, row3 = codes + (nuint)(uint)rows[i + 3] * stride;
            Vector256<int> sum0 = Vector256<int>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
            for (nuint j = 0; j < length; j += 16)
            {
                Vector256<short> q = Vector256.Load(query + j);
                sum0 += Avx2.MultiplyAddAdjacent(q, Avx2.ConvertToVector256Int16(row0 + j));
                sum1 += Avx2.MultiplyAddAdjacent(q, Avx2.ConvertToVector256Int16(row1 + j));
                sum2 += Avx2.MultiplyAddAdjacent(q, Avx2.ConvertToVector256Int16(row2 + j));
                sum3 += Avx2.MultiplyAddAdjacent(q, Avx2.ConvertToVector256Int16(row3 + j));
            }
            Vector256<int> folded = Avx2.HorizontalAdd(Avx2.HorizontalAdd(sum0, sum1), Avx2.HorizontalAdd(sum2, sum3));
            (folded.GetLower() + folded.GetUpper()).Store(dots + i);
        }
        for (; i < count; i++)
        {
            sbyte* row = codes + (nuint)(uint)rows[i] * stride;
            Vector256<int> even = Vector256<int>.Zero, odd = even;
            for (nuint j = 0; j < length; j += 32)
            {
                even += Avx2.MultiplyAddAdjacent(Vector256.Load(query + j), Avx2.ConvertToVector256Int16(row + j));
                odd += Avx2.MultiplyAddAdjacent(Vector256.Load(query + j + 16), Avx2.ConvertToVector256Int16(row + j + 16));
            }
            dots[i] = Vector256.Sum(even + odd);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Dot(float* query, short* vector, nuint length)
    {
        Vector256<float> sum0 = Vector256<float>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
        for (nuint i = 0; i < length; i += 32)
        {
            sum0 = Fma.MultiplyAdd(Vector256.Load(query + i), Widen(vector + i), sum0);
            sum1 = Fma.MultiplyAdd(Vector256.Load(query + i + 8), Widen(vector + i + 8), sum1);
            sum2 = Fma.MultiplyAdd(Vector256.Load(query + i + 16), Widen(vector + i + 16), sum2);
            sum3 = Fma.MultiplyAdd(Vector256.Load(query + i + 24), Widen(vector + i + 24), sum3);
        }
        return Sum((sum0 + sum1) + (sum2 + sum3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SquaredL2(float* query, short* vector, float scale, nuint length)
    {
        Vector256<float> sum0 = Vector256<float>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0, scales = Vector256.Create(scale);
        for (nuint i = 0; i < length; i += 32)
        {
            Vector256<float> a = Fma.MultiplyAddNegated(scales, Widen(vector + i), Vector256.Load(query + i));
            Vector256<float> b = Fma.MultiplyAddNegated(scales, Widen(vector + i + 8), Vector256.Load(query + i + 8));
            Vector256<float> c = Fma.MultiplyAddNegated(scales, Widen(vector + i + 16), Vector256.Load(query + i + 16));
            Vector256<float> d = Fma.MultiplyAddNegated(scales, Widen(vector + i + 24), Vector256.Load(query + i + 24));
            sum0 = Fma.MultiplyAdd(a, a, sum0);
            sum1 = Fma.MultiplyAdd(b, b, sum1);
            sum2 = Fma.MultiplyAdd(c, c, sum2);
            sum3 = Fma.MultiplyAdd(d, d, sum3);
        }
        return Sum((sum0 + sum1) + (sum2 + sum3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Sums2(sbyte* query, byte* codes, nuint length, int* sums)
    {
        Vector256<int> total0 = Vector256<int>.Zero, total1 = total0, total2 = total0, total3 = total0;
        for (nuint i = 0; i < length;)
        {
            Vector256<short> sum0 = Vector256<short>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
            for (nuint end = Math.Min(length, i + Piece2); i < end; i += 16, codes += 128)
            {
                Vector256<sbyte> q0 = Four(query + i), q1 = Four(query + i + 4), q2 = Four(query + i + 8), q3 = Four(query + i + 12);
                sum0 += Products2(codes, q0, q1, q2, q3);
                sum1 += Products2(codes + 32, q0, q1, q2, q3);
                sum2 += Products2(codes + 64, q0, q1, q2, q3);
                sum3 += Products2(codes + 96, q0, q1, q2, q3);
            }
            total0 += Pairs(sum0);
            total1 += Pairs(sum1);
            total2 += Pairs(sum2);
            total3 += Pairs(sum3);
        }
        total0.Store(sums);
        total1.Store(sums + 8);
        total2.Store(sums + 16);
        total3.Store(sums + 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Sums4(sbyte* query, byte* codes, nuint length, int* sums)
    {
        Vector256<int> total0 = Vector256<int>.Zero, total1 = total0, total2 = total0, total3 = total0;
        for (nuint i = 0; i < length;)
        {
            Vector256<short> sum0 = Vector256<short>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
            for (nuint end = i + Piece4; i < end; i += 8, codes += 128)
            {
                Vector256<sbyte> q0 = Four(query + i), q1 = Four(query + i + 4);
                sum0 += Products4(codes, q0, q1);
                sum1 += Products4(codes + 32, q0, q1);
                sum2 += Products4(codes + 64, q0, q1);
                sum3 += Products4(codes + 96, q0, q1);
            }
            total0 += Pairs(sum0);
            total1 += Pairs(sum1);
            total2 += Pairs(sum2);
            total3 += Pairs(sum3);
        }
        total0.Store(sums);
        total1.Store(sums + 8);
        total2.Store(sums + 16);
        total3.Store(sums + 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Rank(ulong* keys, int count, ulong key)
    {
        // AVX2 compares signed numbers only: with their highest bits flipped, unsigned ones have the same order.
        Vector256<long> flip = Vector256.Create(long.MinValue), wanted = Vector256.Create((long)key) ^ flip;
        Vector256<long> even = Vector256<long>.Zero, odd = even;
        for (int i = 0; i < count; i += 8)
        {
            even -= Avx2.CompareGreaterThan(wanted, Vector256.Load((long*)keys + i) ^ flip);
            odd -= Avx2.CompareGreaterThan(wanted, Vector256.Load((long*)keys + i + 4) ^ flip);
        }
        return (int)Vector256.Sum(even + odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Estimate(int* sums, ushort* factors, in EstimateLine line, float limit, float* estimates)
    {
        Vector256<float> start = Vector256.Create(line.Base), slope = Vector256.Create(line.Slope), offset = Vector256.Create(line.Offset);
        Vector256<float> step = Vector256.Create(line.Step), bound = Vector256.Create(limit);
        uint below = 0;
        for (int slot = 0; slot < IGraphKernels.Slots; slot += 8)
        {
            Vector256<float> first = WidenBf16(factors + slot), second = WidenBf16(factors + IGraphKernels.Slots + slot);
            Vector256<float> sum = Vector256.ConvertToSingle(Vector256.Load(sums + slot)) - offset;
            Vector256<float> estimate = Fma.MultiplyAddNegated(second * step, sum, Fma.MultiplyAdd(slope, first, start));
            estimate.Store(estimates + slot);
            below |= Vector256.LessThan(estimate, bound).ExtractMostSignificantBits() << slot;
        }
        return below;
    }

    /// <summary>The codes of four dimensions, for each vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Four(sbyte* query) => Vector256.Create(*(int*)query).AsSByte();

    /// <summary>Eight products of 2-bit codes in each lane, half of the sum of a vector: at most 8·3·127.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Products2(byte* codes, Vector256<sbyte> q0, Vector256<sbyte> q1, Vector256<sbyte> q2, Vector256<sbyte> q3)
    {
        Vector256<ushort> four = Vector256.Load((ushort*)codes);
        Vector256<byte> mask = Vector256.Create((byte)3);
        return Avx2.MultiplyAddAdjacent(four.AsByte() & mask, q0) + Avx2.MultiplyAddAdjacent((four >>> 2).AsByte() & mask, q1)
            + (Avx2.MultiplyAddAdjacent((four >>> 4).AsByte() & mask, q2) + Avx2.MultiplyAddAdjacent((four >>> 6).AsByte() & mask, q3));
    }

    /// <summary>Four products of 4-bit codes in each lane: at most 4·15·127.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Products4(byte* codes, Vector256<sbyte> q0, Vector256<sbyte> q1)
    {
        Vector256<ushort> two = Vector256.Load((ushort*)codes);
        Vector256<byte> mask = Vector256.Create((byte)15);
        return Avx2.MultiplyAddAdjacent(two.AsByte() & mask, q0) + Avx2.MultiplyAddAdjacent((two >>> 4).AsByte() & mask, q1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Pairs(Vector256<short> sums) => Avx2.MultiplyAddAdjacent(sums, Vector256<short>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Widen(short* vector) => Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(vector));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> WidenBf16(ushort* factors) => (Avx2.ConvertToVector256Int32(factors) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(Vector256<float> lanes)
    {
        Vector128<float> half = lanes.GetLower() + lanes.GetUpper();
        half += Vector128.Shuffle(half, Vector128.Create(2, 3, 0, 1));
        return half.ToScalar() + half.GetElement(1);
    }
}
