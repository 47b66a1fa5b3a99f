namespace Inference.Vectors.Kernels;

/// <summary>Which kernels this process runs: the first entry of an ordered table that the machine has.</summary>
internal static class KernelSets
{
    private static readonly (bool IsSupported, Func<KernelSet> Create)[] Table =
    [
        Entry<Vector512Kernels>(),
        Entry<Vector256Kernels>(),
        Entry<Vector128Kernels>(),
        Entry<ScalarKernels>(),
    ];

    /// <summary>All that this machine has, widest first; the scalar oracle is always there and last.</summary>
    public static IReadOnlyList<KernelSet> Supported { get; } = [.. Table.Where(static entry => entry.IsSupported).Select(static entry => entry.Create())];

    /// <summary>The widest. Readonly and of a sealed type, so that the JIT calls it directly.</summary>
    public static readonly KernelSet Best = Supported[0];

    private static (bool IsSupported, Func<KernelSet> Create) Entry<TKernels>()
        where TKernels : struct, IKernels => (TKernels.IsSupported, static () => new KernelSetOf<TKernels>());
}
