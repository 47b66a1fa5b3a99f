using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace UnitTests.OnnxRuntime;

public sealed class Float16Tests
{
    [Theory]
    [InlineData(0f, 0x0000)]
    [InlineData(-0f, 0x8000)]
    [InlineData(1f, 0x3C00)]
    [InlineData(-2f, 0xC000)]
    [InlineData(65504f, 0x7BFF)]
    [InlineData(5.9604645e-8f, 0x0001)]
    [InlineData(float.PositiveInfinity, 0x7C00)]
    public void Float16_Casts_KeepTheValue(float value, int bits)
    {
        var half = (Float16)value;

        Assert.Equal((ushort)bits, half.value);
        Assert.Equal(value, (float)half);
        Assert.Equal(value, new Float16((ushort)bits).ToFloat());
    }

    [Theory]
    [InlineData(1f, 0x3F80)]
    [InlineData(-2f, 0xC000)]
    [InlineData(float.PositiveInfinity, 0x7F80)]
    [InlineData(float.NegativeInfinity, 0xFF80)]
    public void BFloat16_Casts_KeepTheValue(float value, int bits)
    {
        var brain = (BFloat16)value;

        Assert.Equal((ushort)bits, brain.value);
        Assert.Equal(value, (float)brain);
    }

    [Theory]
    [InlineData(0x3F808000u, 0x3F80)] // half way, to the even one below
    [InlineData(0x3F818000u, 0x3F82)] // half way, to the even one above
    [InlineData(0x3F808001u, 0x3F81)]
    [InlineData(0x7F7FFFFFu, 0x7F80)] // the largest float is nearer to infinity
    public void BFloat16_FromFloat_RoundsToNearestEven(uint bits, int expected) =>
        Assert.Equal((ushort)expected, ((BFloat16)BitConverter.UInt32BitsToSingle(bits)).value);

    [Fact]
    public void NaN_StaysNaNAndEqualsNothingByOperator()
    {
        var half = (Float16)float.NaN;
        var brain = (BFloat16)float.NaN;

        Assert.True(float.IsNaN((float)half));
        Assert.True(float.IsNaN((float)brain));
        Assert.True(half != new Float16(half.value));
        Assert.True(brain != new BFloat16(brain.value));
        Assert.True(half.Equals(new Float16(0x7E01)));
        Assert.True(brain.Equals(new BFloat16(0x7FC1)));
    }

    [Fact]
    public void Zeros_OfDifferentSign_AreEqualAsNumbersButNotByOperator()
    {
        Assert.True(((Float16)0f).Equals((Float16)(-0f)));
        Assert.True(((BFloat16)0f).Equals((BFloat16)(-0f)));
        Assert.False((Float16)0f == (Float16)(-0f));
        Assert.False((BFloat16)0f == (BFloat16)(-0f));
        Assert.Equal(((Float16)0f).GetHashCode(), ((Float16)(-0f)).GetHashCode());
    }
}
