using System.Globalization;
using System.Runtime.Intrinsics;
using Inference.Vectors;
using Inference.Vectors.Kernels;
using Xunit;

namespace UnitTests.Vectors.Kernels;

public sealed class KernelSetsTests
{
    /// <summary>Set by `./dev isa` for each leg, so that a leg which hides nothing is noticed.</summary>
    private const string ExpectedWidth = "INFERENCE_EXPECT_WIDTH";

    [SkippableFact]
    public void Best_WithAnExpectedWidth_HasIt()
    {
        string? expected = Environment.GetEnvironmentVariable(ExpectedWidth);
        Skip.If(string.IsNullOrEmpty(expected), $"{ExpectedWidth} is not set: run by ./dev isa");

        Assert.Equal(int.Parse(expected!, CultureInfo.InvariantCulture), VectorMath.Width);
    }

    [Fact]
    public void Best_OnAnyMachine_IsTheWidestThatTheRuntimeAccelerates()
    {
        int expected = Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 0;

        Assert.Equal(expected, VectorMath.Width);
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
