namespace Inference.Vectors.Kernels.Bytes;

/// <summary>Which byte kernels this process runs: the first entry of an ordered table that the machine has.</summary>
internal static class ByteKernelSets
{
    /// <summary>
    /// VNNI does in one instruction what takes three without, so its 256 bits stand before 512 without. .NET 10 has no VNNI of 512 bits, and a processor with AVX-512 VNNI alone,
    /// such as Zen 4, has none that .NET can use.
    /// </summary>
    private static readonly (bool IsSupported, Func<ByteKernels> Create)[] Table =
    [
        (VnniDot256.IsSupported, static () => new Bytes256Kernels<VnniDot256>()),
        (Bytes512Kernels.IsSupported, static () => new Bytes512Kernels()),
        (MultiplyAddDot256.IsSupported, static () => new Bytes256Kernels<MultiplyAddDot256>()),
        (MultiplyAddDot128.IsSupported, static () => new Bytes128Kernels<MultiplyAddDot128>()),
        (ArmDot128.IsSupported, static () => new Bytes128Kernels<ArmDot128>()),
        (ArmWideningDot128.IsSupported, static () => new Bytes128Kernels<ArmWideningDot128>()),
        (true, static () => new BytesScalarKernels()),
    ];

    /// <summary>All that this machine has, best first; the scalar oracle is always there and last.</summary>
    public static IReadOnlyList<ByteKernels> Supported { get; } = [.. Table.Where(static entry => entry.IsSupported).Select(static entry => entry.Create())];

    /// <summary>The best.</summary>
    public static readonly ByteKernels Best = Supported[0];
}
