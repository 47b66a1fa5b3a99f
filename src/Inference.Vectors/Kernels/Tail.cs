using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Vectors.Kernels;

/// <summary>The elements of a vector that are left after whole groups of sixteen, followed by zeros, so that they can be added like any other sixteen.</summary>
/// <remarks>Put together in registers: a copy through memory would stall on loads that are wider than the stores before them.</remarks>
internal readonly struct Tail
{
    public readonly Vector128<float> From0, From4, From8, From12;

    /// <param name="start">The first element left.</param>
    /// <param name="count">How many are left, 1 to 15.</param>
    public Tail(ref float start, nuint count)
    {
        Debug.Assert(count is > 0 and < KernelSet.Lanes);
        From0 = Quarter(ref start, 0, count);
        From4 = Quarter(ref start, 4, count);
        From8 = Quarter(ref start, 8, count);
        From12 = Quarter(ref start, 12, count);
    }

    public Vector256<float> Low => Vector256.Create(From0, From4);

    public Vector256<float> High => Vector256.Create(From8, From12);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Quarter(ref float start, nuint from, nuint count)
    {
        if (count >= from + 4)
            return Vector128.LoadUnsafe(ref start, from);
        ref float first = ref Unsafe.Add(ref start, from);
        return ((nint)count - (nint)from) switch
        {
            3 => Vector128.Create(first, Unsafe.Add(ref first, 1), Unsafe.Add(ref first, 2), 0),
            2 => Vector128.Create(first, Unsafe.Add(ref first, 1), 0, 0),
            1 => Vector128.CreateScalar(first),
            _ => Vector128<float>.Zero,
        };
    }
}
