using System.Buffers.Binary;
using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Otlp;
using Xunit;

namespace FunctionalTests.Server.Telemetry;

/// <summary>An OTLP collector: it takes what real exporters send, over gRPC and over HTTP, and decodes it whole.</summary>
internal sealed class OtlpCollector(WebApplication app) : IAsyncDisposable
{
    /// <summary>Service paths of gRPC, and paths of HTTP.</summary>
    private static readonly Dictionary<string, string> Signals = new(StringComparer.Ordinal)
    {
        ["/opentelemetry.proto.collector.trace.v1.TraceService/Export"] = "traces",
        ["/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"] = "metrics",
        ["/opentelemetry.proto.collector.logs.v1.LogsService/Export"] = "logs",
        ["/v1/traces"] = "traces",
        ["/v1/metrics"] = "metrics",
        ["/v1/logs"] = "logs",
    };

    private readonly ConcurrentQueue<(string Signal, byte[] Body)> _received = new();
    private readonly ConcurrentQueue<string> _refused = new();

    /// <summary>Where it takes OTLP over gRPC.</summary>
    public string GrpcAddress => Addresses.ElementAt(0);

    /// <summary>Where it takes OTLP over HTTP.</summary>
    public string HttpAddress => Addresses.ElementAt(1);

    /// <summary>The header "api-key" of each request.</summary>
    public ConcurrentBag<string> Keys { get; } = [];

    /// <summary>All spans so far.</summary>
    public IReadOnlyList<Span> Spans => [.. Read(TraceRequest.Parser, "traces").SelectMany(request => request.ResourceSpans).SelectMany(resource => resource.ScopeSpans).SelectMany(scope => scope.Spans)];

    /// <summary>All log records so far.</summary>
    public IReadOnlyList<LogRecord> Logs => [.. Read(LogsRequest.Parser, "logs").SelectMany(request => request.ResourceLogs).SelectMany(resource => resource.ScopeLogs).SelectMany(scope => scope.LogRecords)];

    /// <summary>Which signals have come.</summary>
    public IReadOnlySet<string> ReceivedSignals => _received.Select(one => one.Signal).ToHashSet();

    /// <summary>Whose signals they were.</summary>
    public IReadOnlyList<Resource> Resources =>
    [
        .. Read(TraceRequest.Parser, "traces").SelectMany(request => request.ResourceSpans).Select(spans => spans.Resource),
        .. Read(MetricsRequest.Parser, "metrics").SelectMany(request => request.ResourceMetrics).Select(metrics => metrics.Resource),
        .. Read(LogsRequest.Parser, "logs").SelectMany(request => request.ResourceLogs).Select(logs => logs.Resource),
    ];

    private ICollection<string> Addresses => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;

    public static async Task<OtlpCollector> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.ListenOnLoopback(HttpProtocols.Http2);
            kestrel.ListenOnLoopback(HttpProtocols.Http1);
        });
        WebApplication app = builder.Build();
        var collector = new OtlpCollector(app);
        app.Run(collector.TakeAsync);
        await app.StartAsync();
        return collector;
    }

    /// <summary>The metric's points as the last export that had it told them.</summary>
    public Metric Metric(string name)
    {
        Metric? last = Read(MetricsRequest.Parser, "metrics").SelectMany(request => request.ResourceMetrics).SelectMany(resource => resource.ScopeMetrics).SelectMany(scope => scope.Metrics).LastOrDefault(metric => metric.Name == name);
        Assert.True(last is not null, $"No '{name}' has come.");
        return last;
    }

    /// <summary>Names of all metrics that have come.</summary>
    public IReadOnlySet<string> MetricNames =>
        Read(MetricsRequest.Parser, "metrics").SelectMany(request => request.ResourceMetrics).SelectMany(resource => resource.ScopeMetrics).SelectMany(scope => scope.Metrics).Select(metric => metric.Name).ToHashSet();

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        Assert.Empty(_refused);
        // Whatever a test is about, its spans are those that docs/metrics.md lists.
        var doc = new MetricsDoc();
        Assert.All(Spans, span => Assert.All(span.Attributes, attribute => Assert.True(doc.SpanHas(span.Name, span.Kind, attribute.Key), $"docs/metrics.md lists no {attribute.Key} of the span {span.Name}.")));
        Assert.All(Spans.Where(span => span.Attributes.Count == 0), span => Assert.True(doc.SpanHas(span.Name, span.Kind, "error.type"), $"docs/metrics.md lists no span {span.Name}."));
    }

    private IEnumerable<T> Read<T>(MessageParser<T> parser, string signal)
        where T : IMessage<T> =>
        _received.Where(one => one.Signal == signal).Select(one => parser.ParseFrom(one.Body));

    private async Task TakeAsync(HttpContext context)
    {
        using var read = new MemoryStream();
        await context.Request.Body.CopyToAsync(read);
        byte[] body = read.ToArray();
        string type = context.Request.ContentType ?? "";
        bool isGrpc = type.StartsWith("application/grpc", StringComparison.Ordinal);
        if (!Signals.TryGetValue(context.Request.Path, out string? signal) || !HttpMethods.IsPost(context.Request.Method) || !(isGrpc || type == "application/x-protobuf"))
        {
            _refused.Enqueue($"{context.Request.Method} {context.Request.Path} of {type}");
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        Keys.Add(context.Request.Headers["api-key"].ToString());
        if (isGrpc)
        {
            // One frame: a flag, a length, a message.
            Assert.Equal(0, body[0]);
            Assert.Equal(body.Length - 5, BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(1)));
            body = body[5..];
        }

        _received.Enqueue((signal, body));
        context.Response.ContentType = type;
        if (!isGrpc)
            return;
        await context.Response.Body.WriteAsync(new byte[5]);
        context.Response.AppendTrailer("grpc-status", "0");
    }
}

/// <summary>What listening on a free port of the loopback takes.</summary>
file static class Loopback
{
    public static void ListenOnLoopback(this KestrelServerOptions kestrel, HttpProtocols protocols) =>
        kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = protocols);
}
