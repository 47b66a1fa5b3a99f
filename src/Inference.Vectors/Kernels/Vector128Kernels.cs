using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Vectors.Kernels;

/// <summary>The sixteen lanes in four registers: what runs on Arm, and on x64 without AVX2. Nothing here is specific to an architecture.</summary>
internal readonly struct Vector128Kernels : IKernels
{
    public static bool IsSupported => Vector128.IsHardwareAccelerated;

    public static int Width => 128;

    public static nuint GroupRows => 4;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Pair<TTerm>(ref float a, ref float b, nuint length)
        where TTerm : struct, ITerm
    {
        nuint whole = length & ~(nuint)(KernelSet.Lanes - 1);
        if (whole == length)
            return LanesOf<TTerm>(ref a, ref b, whole).Sum();
        // First the tails and then the loop: with a call behind it the loop would keep its sums in memory.
        var tailA = new Tail(ref Unsafe.Add(ref a, whole), length - whole);
        var tailB = new Tail(ref Unsafe.Add(ref b, whole), length - whole);
        SixteenLanes lanes = LanesOf<TTerm>(ref a, ref b, whole);
        lanes.Add<TTerm>(tailA, tailB);
        return lanes.Sum();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Group<TTerm, TRows>(ref float query, TRows rows, nuint stride, ref float sums)
        where TTerm : struct, ITerm
        where TRows : struct, IRowSource, allows ref struct
    {
        sums = LanesOf<TTerm>(ref query, ref rows.Row(0), stride).Sum();
        Unsafe.Add(ref sums, 1) = LanesOf<TTerm>(ref query, ref rows.Row(1), stride).Sum();
        Unsafe.Add(ref sums, 2) = LanesOf<TTerm>(ref query, ref rows.Row(2), stride).Sum();
        Unsafe.Add(ref sums, 3) = LanesOf<TTerm>(ref query, ref rows.Row(3), stride).Sum();
    }

    /// <summary>Four lanes to one: + 2, then + 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Sum(Vector128<float> lanes)
    {
        lanes += Vector128.Shuffle(lanes, Vector128.Create(2, 3, 0, 1));
        lanes += Vector128.Shuffle(lanes, Vector128.Create(1, 0, 3, 2));
        return lanes.ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static SixteenLanes LanesOf<TTerm>(ref float query, ref float row, nuint length)
        where TTerm : struct, ITerm
    {
        var lanes = default(SixteenLanes);
        for (nuint i = 0; i < length; i += KernelSet.Lanes)
            lanes.Add<TTerm>(ref Unsafe.Add(ref query, i), ref Unsafe.Add(ref row, i));
        return lanes;
    }

    private struct SixteenLanes
    {
        private Vector128<float> _from0, _from4, _from8, _from12;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add<TTerm>(ref float a, ref float b)
            where TTerm : struct, ITerm
        {
            _from0 = TTerm.Add(_from0, Vector128.LoadUnsafe(ref a), Vector128.LoadUnsafe(ref b));
            _from4 = TTerm.Add(_from4, Vector128.LoadUnsafe(ref a, 4), Vector128.LoadUnsafe(ref b, 4));
            _from8 = TTerm.Add(_from8, Vector128.LoadUnsafe(ref a, 8), Vector128.LoadUnsafe(ref b, 8));
            _from12 = TTerm.Add(_from12, Vector128.LoadUnsafe(ref a, 12), Vector128.LoadUnsafe(ref b, 12));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add<TTerm>(in Tail a, in Tail b)
            where TTerm : struct, ITerm
        {
            _from0 = TTerm.Add(_from0, a.From0, b.From0);
            _from4 = TTerm.Add(_from4, a.From4, b.From4);
            _from8 = TTerm.Add(_from8, a.From8, b.From8);
            _from12 = TTerm.Add(_from12, a.From12, b.From12);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly float Sum() => Vector128Kernels.Sum(_from0 + _from8 + (_from4 + _from12));
    }
}
