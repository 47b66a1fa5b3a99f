using System.Runtime;
using Inference.Server.Hosting;
using Inference.Server.Options;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Server.Hosting;

/// <summary>What the server asks of the runtime before it serves.</summary>
[Collection(nameof(AloneInProcess))]
public sealed class RuntimeModeTests
{
    private const string Spinning = "System.Threading.ThreadPool.UnfairSemaphoreSpinLimit";

    [Theory]
    [InlineData(true, GCLatencyMode.SustainedLowLatency)]
    [InlineData(false, GCLatencyMode.Interactive)]
    public void Collector_AvoidsBlockingCollections_WhereThatIsWanted(bool wanted, GCLatencyMode expected)
    {
        GCLatencyMode before = GCSettings.LatencyMode;
        try
        {
            GCSettings.LatencyMode = GCLatencyMode.Interactive;

            CollectorMode.Set(new ServerOptions { AvoidBlockingCollections = wanted });

            // Without collections beside the work there is no other mode.
            Assert.Equal(before == GCLatencyMode.Batch ? before : expected, GCSettings.LatencyMode);
        }
        finally
        {
            GCSettings.LatencyMode = before;
        }
    }

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
