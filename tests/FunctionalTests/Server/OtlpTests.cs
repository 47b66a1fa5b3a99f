using System.Collections.Concurrent;
using System.Text;
using Grpc.Core;
using Inference.Server.Options;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Recsys.V1;
using Xunit;

namespace FunctionalTests.Server;

[Collection(nameof(AloneInProcess))]
public sealed class OtlpTests
{
    [Fact]
    public async Task Export_ToACollector_SendsMetricsAndTheTraceOfTheCaller()
    {
        const string traceId = "0af7651916cd43dd8448eb211c80319c";
        await using Collector collector = await Collector.StartAsync();
        await using (RunningServer server = await RunningServer.StartAsync(options =>
        {
            options.Telemetry.OtlpEndpoint = collector.Address;
            options.Telemetry.OtlpProtocol = TelemetryOptions.HttpProtobuf;
            options.Telemetry.OtlpHeaders = "api-key=secret";
            options.Telemetry.TraceSampling = 0;
        }))
        {
            await server.Recommendations.RecommendAsync(new RecommendRequest());
            await server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann" }, new Metadata { { "traceparent", $"00-{traceId}-b7ad6b7169203331-01" } });
            await server.Recommendations.RecommendAsync(new RecommendRequest(), new Metadata { { "traceparent", "not a trace" } });
        }

        // The server flushed when it was disposed.
        byte[] traces = collector.Received("/v1/traces"), metrics = collector.Received("/v1/metrics");
        Assert.Equal("secret", collector.Key);
        foreach (string span in (string[])["recsys.v1.RecommendationService/Recommend", "recommend", "user_tower", "index_search"])
            Assert.Equal(1, Count(traces, Name(span)));
        Assert.Equal(4, Count(traces, [0x0a, 16, .. Convert.FromHexString(traceId)]));
        Assert.True(Count(metrics, Encoding.UTF8.GetBytes("rpc.server.call.duration")) > 0);
        Assert.True(Count(metrics, Encoding.UTF8.GetBytes("recsys.recommendations")) > 0);
    }

    [Fact]
    public async Task Export_ToNobody_LeavesTheServerWell()
    {
        await using RunningServer server = await RunningServer.StartAsync(options =>
        {
            options.Telemetry.OtlpEndpoint = "http://127.0.0.1:9";
            options.Telemetry.TraceSampling = 1;
        });

        Assert.Equal(10, (await server.Recommendations.RecommendAsync(new RecommendRequest())).Items.Count);
    }

    /// <summary>A span's name on the wire: field 5, length, text.</summary>
    private static byte[] Name(string name) => [0x2a, (byte)name.Length, .. Encoding.UTF8.GetBytes(name)];

    private static int Count(ReadOnlySpan<byte> text, ReadOnlySpan<byte> part)
    {
        int count = 0;
        for (int at; (at = text.IndexOf(part)) >= 0; text = text[(at + part.Length)..])
            count++;
        return count;
    }

    /// <summary>An OTLP collector that keeps what it is sent.</summary>
    private sealed class Collector(WebApplication app) : IAsyncDisposable
    {
        private readonly ConcurrentQueue<(string Path, byte[] Body)> _received = new();

        public string Address => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

        public string? Key { get; private set; }

        public static async Task<Collector> StartAsync()
        {
            WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
            builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
            WebApplication app = builder.Build();
            var collector = new Collector(app);
            app.Run(collector.TakeAsync);
            await app.StartAsync();
            return collector;
        }

        public byte[] Received(string path) => [.. _received.Where(one => one.Path == path).SelectMany(one => one.Body)];

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private async Task TakeAsync(HttpContext context)
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            Key = context.Request.Headers["api-key"];
            _received.Enqueue((context.Request.Path, body.ToArray()));
        }
    }
}
