using System.Runtime.CompilerServices;

namespace Inference.Vectors.Kernels;

/// <summary>The definition in <see cref="KernelSet"/> written out: the oracle of the vector paths, and the fallback where there are none.</summary>
internal readonly struct ScalarKernels : IKernels
{
    public static bool IsSupported => true;

    public static int Width => 0;

    public static nuint GroupRows => 1;

    public static float Pair<TTerm>(ref float a, ref float b, nuint length)
        where TTerm : struct, ITerm
    {
        Span<float> lanes = stackalloc float[KernelSet.Lanes];
        for (nuint i = 0; i < length; i++)
        {
            ref float lane = ref lanes[(int)(i % KernelSet.Lanes)];
            lane = TTerm.Add(lane, Unsafe.Add(ref a, i), Unsafe.Add(ref b, i));
        }
        for (int half = KernelSet.Lanes / 2; half > 0; half /= 2)
        {
            for (int lane = 0; lane < half; lane++)
                lanes[lane] += lanes[lane + half];
        }
        return lanes[0];
    }

    public static void Group<TTerm, TRows>(ref float query, TRows rows, nuint stride, ref float sums)
        where TTerm : struct, ITerm
        where TRows : struct, IRowSource, allows ref struct
    {
        sums = Pair<TTerm>(ref query, ref rows.Row(0), stride);
    }
}
