using System.Net;
using Xunit;

namespace FunctionalTests.Server;

[Collection(nameof(SharedServer))]
public class HttpTests(SharedServer shared)
{
    [Theory]
    [InlineData("/healthz", "ok\n")]
    [InlineData("/readyz", "ready\n")]
    public async Task Get_OfAProbe_SaysOk(string path, string text) => Assert.Equal(text, await shared.Server.Http.GetStringAsync(path));

    [Fact]
    public async Task Get_OfSomethingElse_IsNotFound() =>
        Assert.Equal(HttpStatusCode.NotFound, (await shared.Server.Http.GetAsync("/")).StatusCode);

    [Fact]
    public async Task Get_OfMetricsOnTheGrpcPort_IsNotFound()
    {
        using var client = new HttpClient { BaseAddress = new Uri(shared.Server.Host.GrpcAddress), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/metrics")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/healthz")).StatusCode);
    }

    [Fact]
    public async Task Get_OfMetricsSwitchedOff_IsNotFound()
    {
        await using RunningServer server = await RunningServer.StartAsync(options => options.Telemetry.Prometheus = false);

        Assert.Equal(HttpStatusCode.NotFound, (await server.Http.GetAsync("/metrics")).StatusCode);
        Assert.Equal("ready\n", await server.Http.GetStringAsync("/readyz"));
    }
}
