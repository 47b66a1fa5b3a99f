using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using FunctionalTests.Storage;
using Grpc.Core;
using Inference.Server.Options;
using Otlp;
using Recsys.V1;
using Xunit;

namespace FunctionalTests.Server.Telemetry;

/// <summary>What the server sends by OTLP is received, decoded and compared with what it was asked.</summary>
[Collection(nameof(AloneInProcess))]
public sealed class OtlpTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c", ParentId = "b7ad6b7169203331";
    private const string Recommend = "recsys.v1.RecommendationService/Recommend";

    private static readonly Metadata Traced = new() { { "traceparent", $"00-{TraceId}-{ParentId}-01" } };

    public static TheoryData<string> Protocols => [TelemetryOptions.Grpc, TelemetryOptions.HttpProtobuf];

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Export_ToACollector_SendsTheTraceOfTheCaller(string protocol)
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        await using (RunningServer server = await StartAsync(collector, protocol, options => options.Telemetry.OtlpHeaders = "api-key=secret"))
        {
            await server.Recommendations.RecommendAsync(new RecommendRequest());
            await server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann" }, Traced);
            await server.Recommendations.RecommendAsync(new RecommendRequest(), new Metadata { { "traceparent", "not a trace" } });
            await server.Recommendations.RecommendAsync(new RecommendRequest(), new Metadata { { "traceparent", $"00-{TraceId}-{ParentId}-00" } });
        }

        // The server flushed when it was disposed; nobody but the one caller asked to be traced.
        Assert.Equal(
            $"""
            {Recommend}
              recommend
                user_state
                embedding_cache
                user_tower
                  tower_run
                index_search
            """,
            SpanTree.Of(collector.Spans, TraceId));
        Assert.All(collector.Spans, span => Assert.Equal(TraceId, SpanTree.Hex(span.TraceId)));
        Assert.All(collector.Spans, span => Assert.True(span.StartTimeUnixNano <= span.EndTimeUnixNano));
        Assert.All(collector.Keys, key => Assert.Equal("secret", key));
        Span root = Named(collector, Recommend);
        Assert.Equal((ParentId, Span.Types.Kind.Server), (SpanTree.Hex(root.ParentSpanId), root.Kind));
        Assert.Equal(new() { ["rpc.system.name"] = "grpc", ["rpc.method"] = Recommend, ["rpc.status_code"] = "OK" }, root.Attributes.ToTexts());
        Assert.Equal(new() { ["recsys.rung"] = "user_tower", ["recsys.model.version"] = "small/1", ["recsys.slate.items"] = "10" }, Named(collector, "recommend").Attributes.ToTexts());
        Assert.Equal(new() { ["recsys.cache.level"] = "memory", ["recsys.outcome"] = "ok" }, Named(collector, "user_state").Attributes.ToTexts());
        Assert.Equal(new() { ["recsys.cache.level"] = "memory", ["recsys.outcome"] = "miss" }, Named(collector, "embedding_cache").Attributes.ToTexts());
        Assert.Equal(new() { ["recsys.outcome"] = "ok" }, Named(collector, "user_tower").Attributes.ToTexts());
        Assert.Equal(new() { ["recsys.index.kind"] = "exact", ["recsys.filter"] = ">=50%" }, Named(collector, "index_search").Attributes.ToTexts());
        Dictionary<string, string> run = Named(collector, "tower_run").Attributes.ToTexts();
        Assert.Equal(("user", "1"), (run["tower"], run["recsys.tower.batch.rows"]));
        Assert.True(double.Parse(run["recsys.tower.queue.wait"], CultureInfo.InvariantCulture) >= 0);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Export_ToACollector_SendsMetricsThatEqualWhatWasCalled(string protocol)
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        await using (RunningServer server = await StartAsync(collector, protocol))
        {
            for (int i = 0; i < 7; i++)
                await server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann", Limit = 3 }, i == 3 ? Traced : null);
            await server.Recommendations.RecommendAsync(new RecommendRequest { Limit = 4 });
            for (int i = 0; i < 2; i++)
                await RunningServer.FailAsync(server.Recommendations.RecommendAsync(new RecommendRequest { Limit = -1 }));
            (await server.Http.PostAsync("/v1/recommend", new StringContent("""{"limit":1}""", null, "application/json"))).EnsureSuccessStatusCode();
        }

        Metric calls = collector.Metric("rpc.server.call.duration");
        Assert.Equal(("s", Temporality.Cumulative), (calls.Unit, calls.Histogram.AggregationTemporality));
        Assert.Equal(
            [("OK", "grpc", 8UL), ("INVALID_ARGUMENT", "grpc", 2), ("OK", "http_json", 1)],
            calls.Histogram.DataPoints.Select(point => (point.Attributes.ToTexts(), point.Count)).Select(point => (point.Item1["rpc.status_code"], point.Item1["rpc.system.name"], point.Count)));
        Assert.All(calls.Histogram.DataPoints, point =>
        {
            Assert.Equal(["rpc.method", "rpc.status_code", "rpc.system.name"], point.Attributes.Select(attribute => attribute.Key).Order());
            Assert.Equal(Recommend, point.Attributes.ToTexts()["rpc.method"]);
            Assert.Equal([0.0001, 0.0002, 0.0003, 0.0005, 0.00075, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10], point.ExplicitBounds);
            Assert.Equal(point.ExplicitBounds.Count + 1, point.BucketCounts.Count);
            Assert.Equal(point.Count, point.BucketCounts.Aggregate(0UL, (sum, count) => sum + count));
            // The sum lies between what the buckets say at least and at most.
            double least = point.BucketCounts.Select((count, i) => count * (i == 0 ? 0 : point.ExplicitBounds[i - 1])).Sum();
            double most = point.BucketCounts.Select((count, i) => count == 0 ? 0 : count * (i < point.ExplicitBounds.Count ? point.ExplicitBounds[i] : double.PositiveInfinity)).Sum();
            Assert.InRange(point.Sum, least, most);
        });
        // The traced one of them is named, in the bucket that it fell into.
        Exemplar exemplar = Assert.Single(calls.Histogram.DataPoints.SelectMany(point => point.Exemplars));
        Assert.Equal(TraceId, SpanTree.Hex(exemplar.TraceId));
        Assert.Equal(Named(collector, Recommend).SpanId, exemplar.SpanId);
        Assert.InRange(exemplar.AsDouble, 1e-6, 10);

        Metric slates = collector.Metric("recsys.recommendations");
        Assert.Equal(("{slate}", true, Temporality.Cumulative), (slates.Unit, slates.Sum.IsMonotonic, slates.Sum.AggregationTemporality));
        // The user's first slate came by the tower, the others from what was kept; nobody is known of the rest.
        Assert.Equal(
            [("cached_embedding", 6L), ("popularity", 2), ("user_tower", 1)],
            slates.Sum.DataPoints.Select(point => (point.Attributes.ToTexts()["recsys.rung"], point.AsInt)).OrderBy(point => point.Item1, StringComparer.Ordinal));
        Assert.Equal((7 * 3) + 4 + 1, collector.Metric("recsys.slate.items").Sum.DataPoints.Sum(point => point.AsInt));
        Assert.Equal(("s", 7UL), (collector.Metric("recsys.index.search.duration").Unit, Assert.Single(collector.Metric("recsys.index.search.duration").Histogram.DataPoints).Count));
        Assert.InRange(Assert.Single(collector.Metric("process.uptime").Gauge.DataPoints).AsDouble, 1e-3, 600);
        Assert.False(collector.Metric("recsys.server.active_calls").Sum.IsMonotonic);
        Assert.Superset(new HashSet<string> { "dotnet.gc.pause.time", "dotnet.process.cpu.time", "kestrel.active_connections", "process.uptime", "recsys.cache.hits" }, collector.MetricNames.ToHashSet());
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Export_ToACollector_SendsLogsWithTheIdsOfTheirTrace_AndWithoutSecrets(string protocol)
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        string receipt;
        await using (RunningServer server = await StartAsync(collector, protocol, options =>
        {
            options.Telemetry.OtlpHeaders = "api-key=hunter2-of-the-collector";
            options.State.UserKeySecret = "hunter2-of-the-keys-of-users-0123";
        }))
        {
            var events = new EventService.EventServiceClient(server.Channel);
            receipt = (await events.ForgetUserAsync(new ForgetUserRequest { UserId = "forgotten-hunter2" }, Traced)).ReceiptId;
        }

        LogRecord record = Assert.Single(collector.Logs, record => record.Attributes.ToTexts().GetValueOrDefault("Receipt") == receipt);
        Assert.Equal($"A user was forgotten, receipt {receipt}", record.Body.StringValue);
        Assert.Equal((9, TraceId), (record.SeverityNumber, SpanTree.Hex(record.TraceId)));
        Assert.Equal(Named(collector, "recsys.v1.EventService/ForgetUser").SpanId, record.SpanId);
        Assert.Contains(collector.Logs, record => record.Body.StringValue.StartsWith("Loaded small/1", StringComparison.Ordinal));
        Assert.All(collector.Logs, record => Assert.DoesNotContain("hunter2", record.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Export_OfAllSignals_NamesOneServiceAndInstance()
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        await using (RunningServer server = await StartAsync(collector, TelemetryOptions.Grpc, options => options.Telemetry.ServiceName = "shop"))
            await server.Recommendations.RecommendAsync(new RecommendRequest(), Traced);

        Assert.Equal(["logs", "metrics", "traces"], collector.ReceivedSignals.Order());
        string[] resources = [.. collector.Resources.Select(resource => string.Join(' ', resource.Attributes.ToTexts().OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}"))).Distinct()];
        Dictionary<string, string> resource = collector.Resources[0].Attributes.ToTexts();
        Assert.Single(resources);
        Assert.Equal(("shop", "dotnet"), (resource["service.name"], resource["telemetry.sdk.language"]));
        Assert.NotEqual("", resource["service.version"]);
        Assert.NotEqual("", resource["service.instance.id"]);
    }

    [Theory]
    [InlineData("traces")]
    [InlineData("metrics")]
    [InlineData("logs")]
    public async Task Export_WithOneSignalOff_SendsTheOthers(string off)
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        await using (RunningServer server = await StartAsync(collector, TelemetryOptions.Grpc, options =>
        {
            options.Telemetry.OtlpTraces = off != "traces";
            options.Telemetry.OtlpMetrics = off != "metrics";
            options.Telemetry.OtlpLogs = off != "logs";
        }))
        {
            await server.Recommendations.RecommendAsync(new RecommendRequest(), Traced);
        }

        Assert.Equal(new[] { "logs", "metrics", "traces" }.Except([off]), collector.ReceivedSignals.Order());
    }

    [Fact]
    public async Task Export_OfAShareOfAll_TracesCallsThatNobodyDecidedOn()
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        await using (RunningServer server = await StartAsync(collector, TelemetryOptions.HttpProtobuf, options => options.Telemetry.TraceSampling = 1))
        {
            await server.Recommendations.RecommendAsync(new RecommendRequest());
            (await server.Http.PostAsync("/v1/recommend", new StringContent("{}", null, "application/json"))).EnsureSuccessStatusCode();
        }

        Span[] roots = [.. collector.Spans.Where(span => span.Name == Recommend)];
        Assert.Equal(["grpc", "http_json"], roots.Select(root => root.Attributes.ToTexts()["rpc.system.name"]).Order());
        Assert.All(roots, root => Assert.True(root.ParentSpanId.IsEmpty));
        Assert.All(roots, root => Assert.Equal($"{Recommend}\n  recommend", SpanTree.Of(collector.Spans, SpanTree.Hex(root.TraceId)).ReplaceLineEndings("\n")));
    }

    [Fact]
    public async Task Export_OfFailuresAndDegradations_SaysSoInTheSpans()
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        await using (RunningServer server = await StartAsync(collector, TelemetryOptions.Grpc))
        {
            await server.Recommendations.RecommendAsync(new RecommendRequest { RecentItemIds = { "item-1", "nobody-knows-this" } }, Traced);
            await Assert.ThrowsAsync<RpcException>(async () => await server.Channel.CreateCallInvoker().AsyncUnaryCall(
                new Method<RecommendRequest, RecommendResponse>(MethodType.Unary, "no.such.Service", "Method", Marshallers.Create(Google.Protobuf.MessageExtensions.ToByteArray, RecommendRequest.Parser.ParseFrom), Marshallers.Create(Google.Protobuf.MessageExtensions.ToByteArray, RecommendResponse.Parser.ParseFrom)),
                null, new CallOptions(Traced), new RecommendRequest()));
        }

        Span.Types.Event degraded = Assert.Single(Named(collector, "recommend").Events);
        Assert.Equal("degraded", degraded.Name);
        Assert.Equal(new() { ["recsys.component"] = "recent_item_ids", ["recsys.reason"] = "unknown_items" }, degraded.Attributes.ToTexts());
        Span failed = Named(collector, "_OTHER");
        Assert.Equal((2, "UNIMPLEMENTED"), (failed.Status.Code, failed.Attributes.ToTexts()["error.type"]));
        Assert.Equal(0, Named(collector, Recommend).Status?.Code ?? 0);
        Assert.All(collector.Spans, span => Assert.DoesNotContain("nobody-knows-this", span.ToString(), StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Scrapes_BetweenExports_TellWhatTheExportsTell(string protocol)
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        await using (RunningServer server = await StartAsync(collector, protocol, options => options.Telemetry.ExportInterval = TimeSpan.FromSeconds(1)))
        {
            for (int calls = 1; calls <= 4; calls++)
            {
                await server.Recommendations.RecommendAsync(new RecommendRequest());
                Assert.Matches($@"(?m)^recsys_recommendations_total{{[^}}]*}} {calls}$", await server.Http.GetStringAsync("/metrics"));
            }

            await RedisWorld.UntilAsync(() => collector.ReceivedSignals.Contains("metrics")); // without a flush
        }

        Assert.Equal(4, Assert.Single(collector.Metric("recsys.recommendations").Sum.DataPoints).AsInt);
    }

    [Fact]
    public async Task Scrapes_WhileTheCollectorDoesNotAnswer_AreAnswered()
    {
        var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using RunningServer server = await RunningServer.StartAsync(options =>
        {
            options.Telemetry.OtlpEndpoint = $"http://{silent.LocalEndpoint}";
            options.Telemetry.OtlpProtocol = TelemetryOptions.HttpProtobuf;
            options.Telemetry.ExportInterval = TimeSpan.FromSeconds(1);
            (options.Telemetry.OtlpTraces, options.Telemetry.OtlpLogs) = (false, false);
        });
        string before = await server.Http.GetStringAsync("/metrics");
        using Socket connection = await silent.AcceptSocketAsync().WaitAsync(TimeSpan.FromSeconds(60));

        string during = await server.Http.GetStringAsync("/metrics").WaitAsync(TimeSpan.FromSeconds(8)); // less than an export may take

        Assert.Contains("recsys_", before, StringComparison.Ordinal);
        Assert.Contains("recsys_", during, StringComparison.Ordinal);
        await server.Recommendations.RecommendAsync(new RecommendRequest());
        silent.Stop();
    }

    [Fact]
    public async Task Exemplars_OfTracedCalls_AreInOpenMetricsText_InTheirBuckets()
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        string text, without;
        await using (RunningServer server = await StartAsync(collector, TelemetryOptions.Grpc))
        {
            await server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann", RecentItemIds = { "nobody-knows-this" } }, Traced);
            await server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann" });
            using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
            request.Headers.TryAddWithoutValidation("Accept", "application/openmetrics-text; version=1.0.0");
            using HttpResponseMessage response = await server.Http.SendAsync(request);
            text = await response.Content.ReadAsStringAsync();
            without = await server.Http.GetStringAsync("/metrics");
        }

        Match bucket = Assert.Single(Regex.Matches(text, @"^rpc_server_call_duration_seconds_bucket{.*le=""([^""]+)""} \d+ # {trace_id=""([0-9a-f]{32})"",span_id=""([0-9a-f]{16})""} (\S+) (\d+\.\d{3})$", RegexOptions.Multiline));
        Assert.Equal((TraceId, SpanTree.Hex(Named(collector, Recommend).SpanId)), (bucket.Groups[2].Value, bucket.Groups[3].Value));
        Assert.InRange(double.Parse(bucket.Groups[4].Value, CultureInfo.InvariantCulture), 0, double.Parse(bucket.Groups[1].Value, CultureInfo.InvariantCulture));
        Assert.Matches($@"recsys_degradations_total{{.*recsys_component=""recent_item_ids"".*}} 1 # {{trace_id=""{TraceId}""", text);
        Assert.DoesNotContain("trace_id", without, StringComparison.Ordinal);
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

    internal static Task<RunningServer> StartAsync(OtlpCollector collector, string protocol, Action<InferenceOptions>? configure = null, Func<Inference.Towers.Bundles.BundleContent, Inference.Towers.Bundles.BundleContent>? change = null) =>
        RunningServer.StartAsync(
            options =>
            {
                options.Telemetry.OtlpEndpoint = protocol == TelemetryOptions.Grpc ? collector.GrpcAddress : collector.HttpAddress;
                options.Telemetry.OtlpProtocol = protocol;
                options.Telemetry.TraceSampling = 0;
                configure?.Invoke(options);
            },
            change);

    private static Span Named(OtlpCollector collector, string name) => Assert.Single(collector.Spans, span => span.Name == name);
}
