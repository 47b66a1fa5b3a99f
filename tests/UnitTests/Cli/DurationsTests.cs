using Inference.Cli.Client;
using Xunit;

namespace UnitTests.Cli;

public class DurationsTests
{
    [Theory]
    [InlineData("10", 10)]
    [InlineData("1.5s", 1.5)]
    [InlineData("250ms", 0.25)]
    [InlineData("2m", 120)]
    [InlineData("1h", 3600)]
    [InlineData("00:00:05", 5)]
    [InlineData("00:01:30.5", 90.5)]
    public void TryParse_OfADuration_GivesSeconds(string text, double seconds)
    {
        Assert.True(Durations.TryParse(text, out TimeSpan duration));
        Assert.Equal(seconds, duration.TotalSeconds, 1e-9);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-1")]
    [InlineData("10 s")]
    [InlineData("5d")]
    [InlineData("1e99")]
    [InlineData("99999999999999h")]
    [InlineData("1:x")]
    public void TryParse_OfNoDuration_Fails(string text) => Assert.False(Durations.TryParse(text, out _));
}
