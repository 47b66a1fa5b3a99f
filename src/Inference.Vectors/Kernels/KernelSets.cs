namespace Inference.Vectors.Kernels;

/// <summary>Which kernels this process runs: the first of an ordered table that the machine has.</summary>
internal static class KernelSets
{
    private static readonly (bool IsSupported, Func<KernelSet> Create)[] Table =
    [
        (true, static () => new ScalarKernels()),
    ];

    /// <summary>All that this machine has, widest first, the scalar oracle last.</summary>
    public static IReadOnlyList<KernelSet> Supported { get; } = [.. Table.Where(static entry => entry.IsSupported).Select(static entry => entry.Create())];

    /// <summary>The widest. Readonly and of a sealed type, so that the JIT calls it directly.</summary>
    public static readonly KernelSet Best = Supported[0];
}
