using Inference.Vectors.Graph;
using Inference.Vectors.Graph.Kernels;
using Xunit;

namespace UnitTests.Vectors.Graph.Kernels;

/// <summary>One implementation of the kernels, called with arrays. Results come back with what lies behind them, which has to stay <see cref="Untouched"/>.</summary>
internal abstract class GraphKernelCase
{
    public const int Untouched = 12345;

    /// <summary>Places behind the results.</summary>
    public const int Behind = 16;

    private static readonly (bool IsSupported, GraphKernelCase Case)[] All =
    [
        (Graph512.IsSupported, new GraphKernelCase<Graph512>()),
        (Graph256.IsSupported, new GraphKernelCase<Graph256>()),
        (Graph128.IsSupported, new GraphKernelCase<Graph128>()),
        (GraphScalar.IsSupported, new GraphKernelCase<GraphScalar>()),
    ];

    /// <summary>Those that this machine has, the widest first.</summary>
    public static IReadOnlyList<GraphKernelCase> Supported { get; } = [.. All.Where(static entry => entry.IsSupported).Select(static entry => entry.Case)];

    public static GraphKernelCase Scalar => All[^1].Case;

    public static TheoryData<string> Names => [.. Supported.Select(static supported => supported.Name)];

    public abstract string Name { get; }

    public abstract int Width { get; }

    public static GraphKernelCase Of(string name) => Supported.Single(supported => supported.Name == name);

    public abstract int[] DotRows(short[] query, sbyte[] codes, int stride, int length, int[] rows);

    public abstract float Dot(float[] query, short[] vector, int length);

    public abstract float SquaredL2(float[] query, short[] vector, float scale, int length);

    public abstract int[] Sums(int bits, sbyte[] query, byte[] codes, int length);

    public abstract int Rank(ulong[] keys, int count, ulong key);

    public abstract (uint Below, float[] Estimates) Estimate(int[] sums, ushort[] factors, EstimateLine line, float limit);

    public abstract void Insert(ref SortedKeys keys, float distance, int node);
}

internal sealed unsafe class GraphKernelCase<TKernels> : GraphKernelCase
    where TKernels : struct, IGraphKernels
{
    public override string Name => typeof(TKernels).Name;

    public override int Width => TKernels.Width;

    public override int[] DotRows(short[] query, sbyte[] codes, int stride, int length, int[] rows)
    {
        int[] dots = Results<int>(rows.Length, Untouched);
        fixed (short* q = query)
        fixed (sbyte* c = codes)
        fixed (int* r = rows, d = dots)
            TKernels.DotRows(q, c, (nuint)stride, (nuint)length, r, (nuint)rows.Length, d);
        return dots;
    }

    public override float Dot(float[] query, short[] vector, int length)
    {
        fixed (float* q = query)
        fixed (short* v = vector)
            return TKernels.Dot(q, v, (nuint)length);
    }

    public override float SquaredL2(float[] query, short[] vector, float scale, int length)
    {
        fixed (float* q = query)
        fixed (short* v = vector)
            return TKernels.SquaredL2(q, v, scale, (nuint)length);
    }

    public override int[] Sums(int bits, sbyte[] query, byte[] codes, int length)
    {
        int[] sums = Results<int>(IGraphKernels.Slots, Untouched);
        fixed (sbyte* q = query)
        fixed (byte* c = codes)
        fixed (int* s = sums)
        {
            if (bits == 2)
                TKernels.Sums2(q, c, (nuint)length, s);
            else
                TKernels.Sums4(q, c, (nuint)length, s);
        }
        return sums;
    }

    public override int Rank(ulong[] keys, int count, ulong key)
    {
        fixed (ulong* k = keys)
            return TKernels.Rank(k, count, key);
    }

    public override (uint Below, float[] Estimates) Estimate(int[] sums, ushort[] factors, EstimateLine line, float limit)
    {
        float[] estimates = Results<float>(IGraphKernels.Slots, Untouched);
        fixed (int* s = sums)
        fixed (ushort* f = factors)
        fixed (float* e = estimates)
            return (TKernels.Estimate(s, f, line, limit, e), estimates);
    }

    public override void Insert(ref SortedKeys keys, float distance, int node) => keys.Insert<TKernels>(distance, node);

    private static T[] Results<T>(int count, T untouched)
    {
        var results = new T[count + Behind];
        Array.Fill(results, untouched);
        return results;
    }
}
