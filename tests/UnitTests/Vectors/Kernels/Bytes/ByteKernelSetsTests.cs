using Inference.Vectors;
using Inference.Vectors.Kernels.Bytes;
using Xunit;

namespace UnitTests.Vectors.Kernels.Bytes;

public sealed class ByteKernelSetsTests
{
    [Fact]
    public void Supported_OnAnyMachine_DescendsToTheOracle()
    {
        Assert.IsType<BytesScalarKernels>(ByteKernelSets.Supported[^1]);
        Assert.Same(ByteKernelSets.Supported[0], ByteKernelSets.Best);
        Assert.Distinct(ByteKernelSets.Supported.Select(static kernels => kernels.Name));
    }

    /// <summary>The width of the fp32 kernels is what `./dev isa` expects of each leg; VNNI stands before it where there is VNNI.</summary>
    [Fact]
    public void Supported_OnThisMachine_HasTheWidthOfTheFp32Kernels()
    {
        string width = VectorMath.Width == 0 ? "scalar" : $"{VectorMath.Width} bits";
        string first = ByteKernelSets.Supported.First(static kernels => !kernels.Name.Contains("VNNI", StringComparison.Ordinal)).Name;

        Assert.EndsWith(width, first, StringComparison.Ordinal);
    }
}
