using Inference.Server.Hosting;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Server.Hosting;

/// <summary>The setting is the process's, so no other test runs meanwhile.</summary>
[Collection(nameof(AloneInProcess))]
public sealed class PoolThreadsTests
{
    private const string Spinning = "System.Threading.ThreadPool.UnfairSemaphoreSpinLimit";

    [Theory]
    [InlineData(1, null, "0")]
    [InlineData(3, null, "0")]
    [InlineData(4, null, null)]
    [InlineData(1, "70", null)]
    public void Pool_DoesNotSpin_OnFewProcessors_UnlessTheEnvironmentSaysSo(int processors, string? environment, string? expected)
    {
        object? before = AppContext.GetData(Spinning);
        try
        {
            AppContext.SetData(Spinning, null);

            PoolThreads.KeepFromSpinning(processors, environment);

            Assert.Equal(expected, AppContext.GetData(Spinning));
        }
        finally
        {
            AppContext.SetData(Spinning, before);
        }
    }
}
