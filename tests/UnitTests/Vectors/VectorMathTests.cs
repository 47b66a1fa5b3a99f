using Inference.Vectors;
using Xunit;

namespace UnitTests.Vectors;

public sealed class VectorMathTests
{
    [Fact]
    public void Dot_WithWholeNumbers_IsExact() => Assert.Equal(1 * 4 + 2 * 5 + 3 * 6, VectorMath.Dot([1, 2, 3], [4, 5, 6]));

    [Fact]
    public void SquaredL2_WithWholeNumbers_IsExact() => Assert.Equal(9 + 16, VectorMath.SquaredL2([1, 2, 3], [4, -2, 3]));

    [Fact]
    public void SquaredNorm_WithWholeNumbers_IsExact() => Assert.Equal(25, VectorMath.SquaredNorm([3, -4]));

    [Fact]
    public void All_WithEmptyVectors_AreZero()
    {
        Assert.Equal(0, VectorMath.Dot([], []));
        Assert.Equal(0, VectorMath.SquaredL2([], []));
        Assert.Equal(0, VectorMath.SquaredNorm([]));
    }

    [Fact]
    public void All_WithDifferentLengths_Throw()
    {
        Assert.Throws<ArgumentException>(() => VectorMath.Dot([1], [1, 2]));
        Assert.Throws<ArgumentException>(() => VectorMath.SquaredL2([1, 2, 3], [1, 2]));
    }
}
