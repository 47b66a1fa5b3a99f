using Inference.Server.Hosting;
using Inference.Towers;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Server.Hosting;

/// <summary>The settings are the process's, so no other test runs meanwhile.</summary>
[Collection(nameof(AloneInProcess))]
public sealed class PoolThreadsTests
{
    [Theory]
    [InlineData("System.Threading.ThreadPool.UnfairSemaphoreSpinLimit", "DOTNET_ThreadPool_UnfairSemaphoreSpinLimit", "0")]
    [InlineData("System.Threading.ThreadPool.HillClimbing.Disable", "DOTNET_HillClimbing_Disable", "true")]
    public void Pool_IsSetUpForFewProcessors_UnlessTheEnvironmentSaysOtherwise(string setting, string variable, string expected)
    {
        object? before = AppContext.GetData(setting);
        try
        {
            Assert.Equal(expected, SetUp(1, null));
            Assert.Equal(expected, SetUp(3, null));
            Assert.Null(SetUp(4, null));
            Assert.Null(SetUp(1, "70"));
        }
        finally
        {
            AppContext.SetData(setting, before);
        }

        object? SetUp(int processors, string? environment)
        {
            AppContext.SetData(setting, null);
            PoolThreads.SetUp(processors, name => name == variable ? environment : null);
            return AppContext.GetData(setting);
        }
    }

    [Fact]
    public async Task Pool_HasMoreThreads_WhileCallsWait_AndAsManyAsBefore_WhenNobodyLooksAfterIt()
    {
        (int fewest, int most) = Bounds();
        using (PoolThreads.Keep(new TowerOptions(), static () => true))
        {
            for (int i = 0; Bounds().Fewest <= fewest; i++)
            {
                Assert.True(i < 3_000, "It did not come about within 30 s.");
                await Task.Delay(10);
            }
        }

        Assert.Equal((fewest, most), Bounds());

        static (int Fewest, int Most) Bounds()
        {
            ThreadPool.GetMinThreads(out int fewest, out _);
            ThreadPool.GetMaxThreads(out int most, out _);
            return (fewest, most);
        }
    }
}
