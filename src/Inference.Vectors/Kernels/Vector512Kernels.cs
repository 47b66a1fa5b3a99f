using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Inference.Vectors.Kernels;

/// <summary>The sixteen lanes in one register; sixteen rows become one register of sums.</summary>
/// <remarks>
/// The sums of a group are folded together: each fold halves the lanes of two registers and packs the halves into one. That is 45 instructions for sixteen rows where
/// Vector512.Sum takes about 150, and two-operand shuffles exist only as AVX-512 intrinsics (Benchmarks: KernelBenchmarks).
/// </remarks>
internal readonly struct Vector512Kernels : IKernels
{
    public static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512F.IsSupported;

    public static int Width => 512;

    public static nuint GroupRows => 16;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Pair<TTerm>(ref float a, ref float b, nuint length)
        where TTerm : struct, ITerm
    {
        nuint whole = length & ~(nuint)(KernelSet.Lanes - 1);
        if (whole == length)
            return Sum(LanesOf<TTerm>(ref a, ref b, whole));
        // First the tails and then the loop: with a call behind it the loop would keep its sums in memory.
        var tailA = new Tail(ref Unsafe.Add(ref a, whole), length - whole);
        var tailB = new Tail(ref Unsafe.Add(ref b, whole), length - whole);
        Vector512<float> lanes = LanesOf<TTerm>(ref a, ref b, whole);
        return Sum(TTerm.Add(lanes, Vector512.Create(tailA.Low, tailA.High), Vector512.Create(tailB.Low, tailB.High)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Group<TTerm, TRows>(ref float query, TRows rows, nuint stride, ref float sums)
        where TTerm : struct, ITerm
        where TRows : struct, IRowSource, allows ref struct
    {
        Vector512<float> r0 = LanesOf<TTerm>(ref query, ref rows.Row(0), stride);
        Vector512<float> r1 = LanesOf<TTerm>(ref query, ref rows.Row(1), stride);
        Vector512<float> r2 = LanesOf<TTerm>(ref query, ref rows.Row(2), stride);
        Vector512<float> r3 = LanesOf<TTerm>(ref query, ref rows.Row(3), stride);
        Vector512<float> r4 = LanesOf<TTerm>(ref query, ref rows.Row(4), stride);
        Vector512<float> r5 = LanesOf<TTerm>(ref query, ref rows.Row(5), stride);
        Vector512<float> r6 = LanesOf<TTerm>(ref query, ref rows.Row(6), stride);
        Vector512<float> r7 = LanesOf<TTerm>(ref query, ref rows.Row(7), stride);
        Vector512<float> r8 = LanesOf<TTerm>(ref query, ref rows.Row(8), stride);
        Vector512<float> r9 = LanesOf<TTerm>(ref query, ref rows.Row(9), stride);
        Vector512<float> r10 = LanesOf<TTerm>(ref query, ref rows.Row(10), stride);
        Vector512<float> r11 = LanesOf<TTerm>(ref query, ref rows.Row(11), stride);
        Vector512<float> r12 = LanesOf<TTerm>(ref query, ref rows.Row(12), stride);
        Vector512<float> r13 = LanesOf<TTerm>(ref query, ref rows.Row(13), stride);
        Vector512<float> r14 = LanesOf<TTerm>(ref query, ref rows.Row(14), stride);
        Vector512<float> r15 = LanesOf<TTerm>(ref query, ref rows.Row(15), stride);
        // Paired so that the last fold puts the sums into the order of the rows.
        Vector512<float> even = Fold2(Fold4(Fold8(r0, r4), Fold8(r8, r12)), Fold4(Fold8(r1, r5), Fold8(r9, r13)));
        Vector512<float> odd = Fold2(Fold4(Fold8(r2, r6), Fold8(r10, r14)), Fold4(Fold8(r3, r7), Fold8(r11, r15)));
        Fold1(even, odd).StoreUnsafe(ref sums);
    }

    /// <summary>The sixteen lanes of one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> LanesOf<TTerm>(ref float query, ref float row, nuint length)
        where TTerm : struct, ITerm
    {
        Vector512<float> lanes = Vector512<float>.Zero;
        for (nuint i = 0; i < length; i += KernelSet.Lanes)
            lanes = TTerm.Add(lanes, Vector512.LoadUnsafe(ref query, i), Vector512.LoadUnsafe(ref row, i));
        return lanes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(Vector512<float> lanes) => Vector256Kernels.Sum(lanes.GetLower() + lanes.GetUpper());

    /// <summary>Lane l + lane l + 8 of two rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Fold8(Vector512<float> a, Vector512<float> b) =>
        Avx512F.Shuffle4x128(a, b, 0b01_00_01_00) + Avx512F.Shuffle4x128(a, b, 0b11_10_11_10);

    /// <summary>Lane l + lane l + 4 of four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Fold4(Vector512<float> a, Vector512<float> b) =>
        Avx512F.Shuffle4x128(a, b, 0b10_00_10_00) + Avx512F.Shuffle4x128(a, b, 0b11_01_11_01);

    /// <summary>Lane l + lane l + 2 of eight rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Fold2(Vector512<float> a, Vector512<float> b) =>
        Avx512F.Shuffle(a, b, 0b01_00_01_00) + Avx512F.Shuffle(a, b, 0b11_10_11_10);

    /// <summary>Lane 0 + lane 1 of sixteen rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Fold1(Vector512<float> a, Vector512<float> b) =>
        Avx512F.Shuffle(a, b, 0b10_00_10_00) + Avx512F.Shuffle(a, b, 0b11_01_11_01);
}
