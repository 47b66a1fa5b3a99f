using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Vectors.Graph.Kernels;

/// <summary>128 bits: x64 without AVX2, and Arm. What differs between them is in <see cref="Products128"/>.</summary>
internal readonly unsafe struct Graph128 : IGraphKernels
{
    /// <summary>Bytes of the codes of a group of dimensions: of a half of the vectors, and of all.</summary>
    private const nuint HalfBytes = 64, GroupBytes = 128;

    public static bool IsSupported => Vector128.IsHardwareAccelerated;

    public static int Width => 128;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void DotRows(short* query, sbyte* codes, nuint stride, nuint length, int* rows, nuint count, int* dots)
    {
        nuint i = 0;
        for (; i + 4 <= count; i += 4)
        {
            sbyte* row0 = codes + (nuint)(uint)rows[i] * stride, row1 = codes + (nuint)(uint)rows[i + 1] * stride;
            sbyte* row2 = codes + (nuint)(uint)rows[i + 2] * stride, row3 = codes + (nuint)(uint)rows[i + 3] * stride;
            Vector128<int> sum0 = Vector128<int>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
            for (nuint j = 0; j < length; j += 8)
            {
                Vector128<short> q = Vector128.Load(query + j);
                sum0 = Products128.AddWords(sum0, q, row0 + j);
                sum1 = Products128.AddWords(sum1, q, row1 + j);
                sum2 = Products128.AddWords(sum2, q, row2 + j);
                sum3 = Products128.AddWords(sum3, q, row3 + j);
            }
            dots[i] = Vector128.Sum(sum0);
            dots[i + 1] = Vector128.Sum(sum1);
            dots[i + 2] = Vector128.Sum(sum2);
            dots[i + 3] = Vector128.Sum(sum3);
        }
        for (; i < count; i++)
        {
            sbyte* row = codes + (nuint)(uint)rows[i] * stride;
            Vector128<int> even = Vector128<int>.Zero, odd = even;
            for (nuint j = 0; j < length; j += 16)
            {
                even = Products128.AddWords(even, Vector128.Load(query + j), row + j);
                odd = Products128.AddWords(odd, Vector128.Load(query + j + 8), row + j + 8);
            }
            dots[i] = Vector128.Sum(even + odd);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Dot(float* query, short* vector, nuint length)
    {
        Vector128<float> sum0 = Vector128<float>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
        for (nuint i = 0; i < length; i += 16)
        {
            Vector128<short> a = Vector128.Load(vector + i), b = Vector128.Load(vector + i + 8);
            sum0 = Vector128.MultiplyAddEstimate(Vector128.Load(query + i), Lower(a), sum0);
            sum1 = Vector128.MultiplyAddEstimate(Vector128.Load(query + i + 4), Upper(a), sum1);
            sum2 = Vector128.MultiplyAddEstimate(Vector128.Load(query + i + 8), Lower(b), sum2);
            sum3 = Vector128.MultiplyAddEstimate(Vector128.Load(query + i + 12), Upper(b), sum3);
        }
        return Vector128.Sum((sum0 + sum1) + (sum2 + sum3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SquaredL2(float* query, short* vector, float scale, nuint length)
    {
        Vector128<float> sum0 = Vector128<float>.Zero, sum1 = sum0, minus = Vector128.Create(-scale);
        for (nuint i = 0; i < length; i += 8)
        {
            Vector128<short> words = Vector128.Load(vector + i);
            Vector128<float> a = Vector128.MultiplyAddEstimate(minus, Lower(words), Vector128.Load(query + i));
            Vector128<float> b = Vector128.MultiplyAddEstimate(minus, Upper(words), Vector128.Load(query + i + 4));
            sum0 = Vector128.MultiplyAddEstimate(a, a, sum0);
            sum1 = Vector128.MultiplyAddEstimate(b, b, sum1);
        }
        return Vector128.Sum(sum0 + sum1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Sums2(sbyte* query, byte* codes, nuint length, int* sums)
    {
        // One half of the vectors after the other: the sums of both, and what they are made of, would not fit the registers of x64.
        for (int half = 0; half < IGraphKernels.Slots; half += IGraphKernels.Slots / 2)
        {
            byte* four = codes + (nuint)(half / (IGraphKernels.Slots / 2)) * HalfBytes;
            Vector128<int> sum0 = Vector128<int>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
            for (nuint i = 0; i < length; i += 16, four += GroupBytes)
            {
                Vector128<sbyte> q0 = Four(query + i), q1 = Four(query + i + 4), q2 = Four(query + i + 8), q3 = Four(query + i + 12);
                sum0 = Products128.Add2(sum0, Vector128.Load(four), q0, q1, q2, q3);
                sum1 = Products128.Add2(sum1, Vector128.Load(four + 16), q0, q1, q2, q3);
                sum2 = Products128.Add2(sum2, Vector128.Load(four + 32), q0, q1, q2, q3);
                sum3 = Products128.Add2(sum3, Vector128.Load(four + 48), q0, q1, q2, q3);
            }
            sum0.Store(sums + half);
            sum1.Store(sums + half + 4);
            sum2.Store(sums + half + 8);
            sum3.Store(sums + half + 12);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Sums4(sbyte* query, byte* codes, nuint length, int* sums)
    {
        for (int half = 0; half < IGraphKernels.Slots; half += IGraphKernels.Slots / 2)
        {
            byte* two = codes + (nuint)(half / (IGraphKernels.Slots / 2)) * HalfBytes;
            Vector128<int> sum0 = Vector128<int>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
            for (nuint i = 0; i < length; i += 8, two += GroupBytes)
            {
                Vector128<sbyte> q0 = Four(query + i), q1 = Four(query + i + 4);
                sum0 = Products128.Add4(sum0, Vector128.Load(two), q0, q1);
                sum1 = Products128.Add4(sum1, Vector128.Load(two + 16), q0, q1);
                sum2 = Products128.Add4(sum2, Vector128.Load(two + 32), q0, q1);
                sum3 = Products128.Add4(sum3, Vector128.Load(two + 48), q0, q1);
            }
            sum0.Store(sums + half);
            sum1.Store(sums + half + 4);
            sum2.Store(sums + half + 8);
            sum3.Store(sums + half + 12);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Rank(ulong* keys, int count, ulong key)
    {
        Vector128<ulong> wanted = Vector128.Create(key);
        Vector128<long> even = Vector128<long>.Zero, odd = even;
        for (int i = 0; i < count; i += 4)
        {
            even -= Vector128.LessThan(Vector128.Load(keys + i), wanted).AsInt64();
            odd -= Vector128.LessThan(Vector128.Load(keys + i + 2), wanted).AsInt64();
        }
        return (int)Vector128.Sum(even + odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Estimate(int* sums, ushort* factors, in EstimateLine line, float limit, float* estimates)
    {
        Vector128<float> start = Vector128.Create(line.Base), slope = Vector128.Create(line.Slope), offset = Vector128.Create(line.Offset);
        Vector128<float> minusStep = Vector128.Create(-line.Step), bound = Vector128.Create(limit);
        uint below = 0;
        for (int slot = 0; slot < IGraphKernels.Slots; slot += 8)
        {
            Vector128<ushort> first = Vector128.Load(factors + slot), second = Vector128.Load(factors + IGraphKernels.Slots + slot);
            Vector128<float> low = EstimateFour(sums + slot, Vector128.WidenLower(first), Vector128.WidenLower(second), start, slope, offset, minusStep);
            Vector128<float> high = EstimateFour(sums + slot + 4, Vector128.WidenUpper(first), Vector128.WidenUpper(second), start, slope, offset, minusStep);
            low.Store(estimates + slot);
            high.Store(estimates + slot + 4);
            below |= (Vector128.LessThan(low, bound).ExtractMostSignificantBits() | Vector128.LessThan(high, bound).ExtractMostSignificantBits() << 4) << slot;
        }
        return below;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> EstimateFour(
        int* sums, Vector128<uint> first, Vector128<uint> second, Vector128<float> start, Vector128<float> slope, Vector128<float> offset, Vector128<float> minusStep)
    {
        Vector128<float> sum = Vector128.ConvertToSingle(Vector128.Load(sums)) - offset;
        return Vector128.MultiplyAddEstimate((second << 16).AsSingle() * minusStep, sum, Vector128.MultiplyAddEstimate(slope, (first << 16).AsSingle(), start));
    }

    /// <summary>The codes of four dimensions, for each vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> Four(sbyte* query) => Vector128.Create(*(int*)query).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Lower(Vector128<short> words) => Vector128.ConvertToSingle(Vector128.WidenLower(words));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Upper(Vector128<short> words) => Vector128.ConvertToSingle(Vector128.WidenUpper(words));
}
