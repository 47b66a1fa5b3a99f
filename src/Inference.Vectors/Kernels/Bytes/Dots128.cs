using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Inference.Vectors.Kernels.Bytes;

/// <summary>How sixteen products become four sums of four. A type argument, so that the JIT compiles each kernel once for each way.</summary>
internal interface IDot128
{
    static abstract bool IsSupported { get; }

    static abstract string Name { get; }

    /// <summary>What <see cref="Add"/> subtracts from each row code: 0, or 128 where the instruction takes signed bytes only.</summary>
    static abstract int Offset { get; }

    /// <summary>Lane l of the sum plus the four products of lane l.</summary>
    static abstract Vector128<int> Add(Vector128<int> sum, Vector128<byte> codes, Vector128<sbyte> query);
}

/// <summary>x64: pairs to 16 bits, those in pairs to 32.</summary>
internal readonly struct MultiplyAddDot128 : IDot128
{
    public static bool IsSupported => Ssse3.IsSupported;

    public static string Name => "SSSE3, 128 bits";

    public static int Offset => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Add(Vector128<int> sum, Vector128<byte> codes, Vector128<sbyte> query) =>
        sum + Sse2.MultiplyAddAdjacent(Ssse3.MultiplyAddAdjacent(codes, query), Vector128<short>.One);
}

/// <summary>Arm with the dot product extension (from Armv8.2 on, and all of today's servers): one instruction, of signed bytes.</summary>
internal readonly struct ArmDot128 : IDot128
{
    public static bool IsSupported => Dp.IsSupported;

    public static string Name => "Arm dot product, 128 bits";

    public static int Offset => 128;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Add(Vector128<int> sum, Vector128<byte> codes, Vector128<sbyte> query) =>
        Dp.DotProduct(sum, (codes ^ Vector128.Create((byte)0x80)).AsSByte(), query);
}

/// <summary>Arm without it: widening products, added in pairs to 16 bits (at most 2·128·63) and then to 32.</summary>
internal readonly struct ArmWideningDot128 : IDot128
{
    public static bool IsSupported => AdvSimd.Arm64.IsSupported;

    public static string Name => "Arm AdvSimd, 128 bits";

    public static int Offset => 128;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Add(Vector128<int> sum, Vector128<byte> codes, Vector128<sbyte> query)
    {
        Vector128<sbyte> signed = (codes ^ Vector128.Create((byte)0x80)).AsSByte();
        Vector128<short> low = AdvSimd.MultiplyWideningLower(signed.GetLower(), query.GetLower());
        Vector128<short> high = AdvSimd.MultiplyWideningUpper(signed, query);
        return AdvSimd.AddPairwiseWideningAndAdd(sum, AdvSimd.Arm64.AddPairwise(low, high));
    }
}
