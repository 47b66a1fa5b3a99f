using Recsys.V1;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>A server whose towers run on another provider than the wanted one says so wherever somebody looks.</summary>
public class ProviderFallbackTests
{
    [Fact]
    public async Task Status_AfterAnAllowedFallback_NamesTheWantedAndTheActualProvider()
    {
        await using RunningServer server = await RunningServer.StartAsync(options =>
        {
            options.Towers.Providers = ["webgpu", "cpu"];
            options.Towers.ProviderOptions = ["webgpu.enableGraphCapture=perhaps"];
            options.Towers.ProviderFallback = true;
        });

        StatusResponse status = await new ModelService.ModelServiceClient(server.Channel).StatusAsync(new StatusRequest());

        Assert.Equal(["user_tower", "item_tower"], status.Active.Providers.Select(use => use.Part));
        Assert.All(status.Active.Providers, use =>
        {
            Assert.Equal(("webgpu", "cpu"), (use.Wanted, use.Actual));
            Assert.Contains("perhaps", use.Reason, StringComparison.Ordinal);
        });
        Assert.StartsWith("ready, but the user tower runs on cpu instead of webgpu: ", await server.Http.GetStringAsync("/readyz"), StringComparison.Ordinal);
        Assert.Matches("recsys_tower_provider_fallbacks_total\\{[^}]*provider=\"webgpu\"[^}]*tower=\"user\"", await server.Http.GetStringAsync("/metrics"));
    }

    [Fact]
    public async Task Status_WithoutAFallback_HasNoReason()
    {
        await using RunningServer server = await RunningServer.StartAsync();

        StatusResponse status = await new ModelService.ModelServiceClient(server.Channel).StatusAsync(new StatusRequest());

        Assert.All(status.Active.Providers, use => Assert.Equal(("cpu", "cpu", ""), (use.Wanted, use.Actual, use.Reason)));
        Assert.Equal("ready\n", await server.Http.GetStringAsync("/readyz"));
    }
}
