using Inference.Cli.Client;
using Xunit;

namespace UnitTests.Cli;

public class DurationsTests
{
    [Theory]
    [InlineData("2", 2_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("200ms", 200)]
    [InlineData("3m", 180_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("00:00:05", 5_000)]
    [InlineData("00:01:30.5", -1)]
    [InlineData("00:01:30.5000000", 90_500)]
    [InlineData("five", -1)]
    [InlineData("", -1)]
    [InlineData("-1s", -1)]
    [InlineData("1d", -1)]
    public void TryParse_ReadsWhatHelpSays(string text, int milliseconds)
    {
        Assert.Equal(milliseconds >= 0, Durations.TryParse(text, out TimeSpan duration));
        if (milliseconds >= 0)
            Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }
}
