using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Inference.Vectors.Kernels.Bytes;

/// <summary>How 32 products become eight sums of four. A type argument, so that the JIT compiles each kernel once for each way.</summary>
internal interface IDot256
{
    static abstract bool IsSupported { get; }

    static abstract string Name { get; }

    /// <summary>Lane l of the sum plus the four products of lane l.</summary>
    static abstract Vector256<int> Add(Vector256<int> sum, Vector256<byte> codes, Vector256<sbyte> query);
}

/// <summary>Pairs to 16 bits, those in pairs to 32.</summary>
internal readonly struct MultiplyAddDot256 : IDot256
{
    public static bool IsSupported => Avx2.IsSupported;

    public static string Name => "AVX2, 256 bits";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, Vector256<byte> codes, Vector256<sbyte> query) =>
        sum + Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(codes, query), Vector256<short>.One);
}

/// <summary>One instruction. The integers are the same, for the other way never saturates.</summary>
internal readonly struct VnniDot256 : IDot256
{
    public static bool IsSupported => AvxVnni.IsSupported;

    public static string Name => "AVX-VNNI, 256 bits";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, Vector256<byte> codes, Vector256<sbyte> query) => AvxVnni.MultiplyWideningAndAdd(sum, codes, query);
}
