using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Vectors.Kernels;

/// <summary>What one pair of elements adds to a sum: the only difference between an inner product and a squared distance.</summary>
/// <remarks>A type argument, so that the JIT compiles each kernel once for each term with nothing left of the choice.</remarks>
internal interface ITerm
{
    static abstract Vector512<float> Add(Vector512<float> sum, Vector512<float> a, Vector512<float> b);

    static abstract Vector256<float> Add(Vector256<float> sum, Vector256<float> a, Vector256<float> b);

    static abstract Vector128<float> Add(Vector128<float> sum, Vector128<float> a, Vector128<float> b);

    static abstract float Add(float sum, float a, float b);
}

/// <summary>sum + a·b, rounded twice: a fused multiply-add would give other bits on machines that lack it, and is no faster where memory sets the pace.</summary>
internal readonly struct Product : ITerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> sum, Vector512<float> a, Vector512<float> b) => sum + a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> sum, Vector256<float> a, Vector256<float> b) => sum + a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> sum, Vector128<float> a, Vector128<float> b) => sum + a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Add(float sum, float a, float b) => sum + a * b;
}

/// <summary>sum + (a − b)². The expansion |a|² + |b|² − 2ab would save an operation and lose the digits of near neighbours.</summary>
internal readonly struct SquaredDifference : ITerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> sum, Vector512<float> a, Vector512<float> b) => sum + (a - b) * (a - b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> sum, Vector256<float> a, Vector256<float> b) => sum + (a - b) * (a - b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> sum, Vector128<float> a, Vector128<float> b) => sum + (a - b) * (a - b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Add(float sum, float a, float b) => sum + (a - b) * (a - b);
}
