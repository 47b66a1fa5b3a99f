using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Inference.Vectors;

namespace Benchmarks.Vectors;

/// <summary>The ceiling: reads every row in order and does next to nothing with it.</summary>
internal static class ReadOnlyLoop
{
    public static float Sum(VectorMatrix matrix)
    {
        Vector256<float> a = default, b = default, c = default, d = default;
        int row = 0;
        for (; row < matrix.Count; row++)
        {
            ref float start = ref MemoryMarshal.GetReference(matrix.Row(row));
            for (nuint i = 0; i < (nuint)matrix.Dimension; i += 32)
            {
                a += Vector256.LoadUnsafe(ref start, i);
                b += Vector256.LoadUnsafe(ref start, i + 8);
                c += Vector256.LoadUnsafe(ref start, i + 16);
                d += Vector256.LoadUnsafe(ref start, i + 24);
            }
        }
        return Vector256.Sum(a + b + (c + d));
    }
}
