using Grpc.Core.Wire;
using Xunit;

namespace UnitTests.Compat.Grpc;

public sealed class TimeoutFormatTests
{
    [Theory]
    [InlineData("1H", 36_000_000_000)]
    [InlineData("1M", 600_000_000)]
    [InlineData("1S", 10_000_000)]
    [InlineData("1m", 10_000)]
    [InlineData("1u", 10)]
    [InlineData("100n", 1)]
    [InlineData("101n", 2)]
    [InlineData("1n", 1)]
    [InlineData("00000007S", 70_000_000)]
    [InlineData("99999999S", 999_999_990_000_000)]
    [InlineData("99999999H", 999_999_990_000_000)]
    public void TryParse_WithTimeout_ReadsTicks(string text, long ticks)
    {
        Assert.True(TimeoutFormat.TryParse(text, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("S")]
    [InlineData("0S")]
    [InlineData("00000000n")]
    [InlineData("123456789S")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData(" 1S")]
    [InlineData("1 S")]
    [InlineData("1S ")]
    [InlineData("1s")]
    [InlineData("1h")]
    [InlineData("1.0S")]
    [InlineData("1,0S")]
    [InlineData("0x1S")]
    [InlineData("١S")]
    public void TryParse_WithAnythingElse_ReturnsFalse(string text) => Assert.False(TimeoutFormat.TryParse(text, out _));

    [Theory]
    [InlineData(0, "1n")]
    [InlineData(-1, "1n")]
    [InlineData(1, "100n")]
    [InlineData(999_999, "99999900n")]
    [InlineData(1_000_000, "100000u")]
    [InlineData(1_000_001, "100001u")]
    [InlineData(10_000_000, "1000000u")]
    [InlineData(999_999_990, "99999999u")]
    [InlineData(999_999_991, "100000m")]
    [InlineData(36_000_000_000, "3600000m")]
    [InlineData(999_999_990_000_000, "99999999S")]
    [InlineData(long.MaxValue, "99999999S")]
    public void Format_WithTicks_WritesTheFinestUnitThatFits(long ticks, string expected) => Assert.Equal(expected, TimeoutFormat.Format(TimeSpan.FromTicks(ticks)));

    [Fact]
    public void TryParse_OfFormatted_IsNeverShorterAndHardlyLonger()
    {
        const int Seed = 17;
        var random = new Random(Seed);
        for (var round = 0; round < 20_000; round++)
        {
            var timeout = TimeSpan.FromTicks(random.NextInt64(1, 1L << random.Next(1, 49)));

            Assert.True(TimeoutFormat.TryParse(TimeoutFormat.Format(timeout), out var parsed), $"seed {Seed}: {timeout}");
            Assert.InRange(parsed.Ticks, timeout.Ticks, timeout.Ticks + (timeout.Ticks / 90_000) + 10);
        }
    }
}
