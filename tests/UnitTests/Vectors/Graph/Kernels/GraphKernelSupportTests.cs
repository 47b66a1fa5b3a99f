using Inference.Vectors;
using Xunit;

namespace UnitTests.Vectors.Graph.Kernels;

public sealed class GraphKernelSupportTests
{
    [Fact]
    public void Supported_OnThisMachine_DescendsFromItsWidthToTheOracle()
    {
        int[] widths = [.. GraphKernelCase.Supported.Select(static kernels => kernels.Width)];

        Assert.Equal(VectorMath.Width, widths[0]);
        Assert.Equal([.. widths.Distinct().OrderDescending()], widths);
        Assert.Equal(0, widths[^1]);
    }
}
