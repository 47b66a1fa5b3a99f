using System.Globalization;
using System.Runtime.Intrinsics;
using Inference.Vectors;
using Inference.Vectors.Kernels;
using Xunit;

namespace UnitTests.Vectors.Kernels;

public sealed class KernelSetsTests
{
    /// <summary>`./dev isa` sets it for each leg, so that a leg which hides nothing is noticed; otherwise the runtime is asked what it accelerates.</summary>
    private const string ExpectedWidth = "INFERENCE_EXPECT_WIDTH";

    [Fact]
    public void Best_OnThisMachine_HasTheExpectedWidth()
    {
        int accelerated = Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 0;
        string? expected = Environment.GetEnvironmentVariable(ExpectedWidth);

        Assert.Equal(string.IsNullOrEmpty(expected) ? accelerated : int.Parse(expected, CultureInfo.InvariantCulture), VectorMath.Width);
        Assert.Same(KernelSets.Supported[0], KernelSets.Best);
    }

    [Fact]
    public void Supported_OnAnyMachine_DescendsToTheOracle()
    {
        int[] widths = [.. KernelSets.Supported.Select(kernels => kernels.Width)];

        Assert.Equal([.. widths.Distinct().OrderDescending()], widths);
        Assert.Equal(0, widths[^1]);
    }
}
