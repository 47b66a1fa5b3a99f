using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Inference.Vectors;

namespace Benchmarks.Vectors;

/// <summary>The ceiling: reads every row in order and does next to nothing with it.</summary>
internal static class ReadOnlyLoop
{
    public static float Sum(VectorMatrix matrix)
    {
        ref float start = ref MemoryMarshal.GetReference(matrix.Row(0));
        nuint length = (nuint)matrix.Count * (nuint)matrix.Stride;
        Vector256<float> a = default, b = default, c = default, d = default;
        for (nuint i = 0; i + 32 <= length; i += 32)
        {
            a += Vector256.LoadUnsafe(ref start, i);
            b += Vector256.LoadUnsafe(ref start, i + 8);
            c += Vector256.LoadUnsafe(ref start, i + 16);
            d += Vector256.LoadUnsafe(ref start, i + 24);
        }
        return Vector256.Sum(a + b + (c + d));
    }
}
