using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Inference.Vectors.Kernels;

/// <summary>The sixteen lanes in two registers; eight rows become one register of sums, folded as in <see cref="Vector512Kernels"/>.</summary>
internal readonly struct Vector256Kernels : IKernels
{
    public static bool IsSupported => Vector256.IsHardwareAccelerated && Avx.IsSupported;

    public static int Width => 256;

    public static nuint GroupRows => 8;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Pair<TTerm>(ref float a, ref float b, nuint length)
        where TTerm : struct, ITerm
    {
        nuint whole = length & ~(nuint)(KernelSet.Lanes - 1);
        if (whole == length)
        {
            LanesOf<TTerm>(ref a, ref b, whole, out Vector256<float> allLow, out Vector256<float> allHigh);
            return Sum(allLow + allHigh);
        }
        // First the tails and then the loop: with a call behind it the loop would keep its sums in memory.
        var tailA = new Tail(ref Unsafe.Add(ref a, whole), length - whole);
        var tailB = new Tail(ref Unsafe.Add(ref b, whole), length - whole);
        LanesOf<TTerm>(ref a, ref b, whole, out Vector256<float> low, out Vector256<float> high);
        low = TTerm.Add(low, tailA.Low, tailB.Low);
        high = TTerm.Add(high, tailA.High, tailB.High);
        return Sum(low + high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Group<TTerm, TRows>(ref float query, TRows rows, nuint stride, ref float sums)
        where TTerm : struct, ITerm
        where TRows : struct, IRowSource, allows ref struct
    {
        Vector256<float> r0 = Row<TTerm>(ref query, ref rows.Row(0), stride);
        Vector256<float> r1 = Row<TTerm>(ref query, ref rows.Row(1), stride);
        Vector256<float> r2 = Row<TTerm>(ref query, ref rows.Row(2), stride);
        Vector256<float> r3 = Row<TTerm>(ref query, ref rows.Row(3), stride);
        Vector256<float> r4 = Row<TTerm>(ref query, ref rows.Row(4), stride);
        Vector256<float> r5 = Row<TTerm>(ref query, ref rows.Row(5), stride);
        Vector256<float> r6 = Row<TTerm>(ref query, ref rows.Row(6), stride);
        Vector256<float> r7 = Row<TTerm>(ref query, ref rows.Row(7), stride);
        // Paired so that the last fold puts the sums into the order of the rows.
        Vector256<float> even = Fold2(Fold4(r0, r4), Fold4(r1, r5));
        Vector256<float> odd = Fold2(Fold4(r2, r6), Fold4(r3, r7));
        Fold1(even, odd).StoreUnsafe(ref sums);
    }

    /// <summary>Eight lanes to one: + 4, then + 2, then + 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Sum(Vector256<float> lanes) => Vector128Kernels.Sum(lanes.GetLower() + lanes.GetUpper());

    /// <summary>The sixteen lanes of one row, folded to eight: lane l + lane l + 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Row<TTerm>(ref float query, ref float row, nuint length)
        where TTerm : struct, ITerm
    {
        LanesOf<TTerm>(ref query, ref row, length, out Vector256<float> low, out Vector256<float> high);
        return low + high;
    }

    /// <summary>The sixteen lanes of one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LanesOf<TTerm>(ref float query, ref float row, nuint length, out Vector256<float> low, out Vector256<float> high)
        where TTerm : struct, ITerm
    {
        Vector256<float> sumLow = Vector256<float>.Zero, sumHigh = Vector256<float>.Zero;
        for (nuint i = 0; i < length; i += KernelSet.Lanes)
        {
            sumLow = TTerm.Add(sumLow, Vector256.LoadUnsafe(ref query, i), Vector256.LoadUnsafe(ref row, i));
            sumHigh = TTerm.Add(sumHigh, Vector256.LoadUnsafe(ref query, i + 8), Vector256.LoadUnsafe(ref row, i + 8));
        }
        low = sumLow;
        high = sumHigh;
    }

    /// <summary>Lane l + lane l + 4 of two rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Fold4(Vector256<float> a, Vector256<float> b) => Avx.Permute2x128(a, b, 0x20) + Avx.Permute2x128(a, b, 0x31);

    /// <summary>Lane l + lane l + 2 of four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Fold2(Vector256<float> a, Vector256<float> b) => Avx.Shuffle(a, b, 0b01_00_01_00) + Avx.Shuffle(a, b, 0b11_10_11_10);

    /// <summary>Lane 0 + lane 1 of eight rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Fold1(Vector256<float> a, Vector256<float> b) => Avx.Shuffle(a, b, 0b10_00_10_00) + Avx.Shuffle(a, b, 0b11_01_11_01);
}
