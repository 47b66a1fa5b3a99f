using System.Net;
using System.Text.RegularExpressions;
using FunctionalTests.Grpc;
using Grpc.Core;
using Recsys.V1;
using Xunit;

namespace FunctionalTests.Server.Telemetry;

/// <summary>What one server says of itself. It has the process to itself, because meters of one name are one to the SDK: another host that ends would end them.</summary>
[Collection(nameof(AloneInProcess))]
public sealed class MetricsTests(SharedServer shared) : IClassFixture<SharedServer>
{
    [Fact]
    public async Task Get_OfMetrics_IsWellFormedAndTellsOfCalls()
    {
        RecommendationService.RecommendationServiceClient client = shared.Server.Recommendations;
        await client.RecommendAsync(new RecommendRequest { UserId = "ann" });
        await RunningServer.FailAsync(client.RecommendAsync(new RecommendRequest { Limit = -1 }));
        await Assert.ThrowsAsync<RpcException>(async () => await client.RecommendAsync(new RecommendRequest { Filter = new string('x', 5 << 20) }));
        await RawCallAsync("/no.such.Service/Method", null);
        await RawCallAsync("/recsys.v1.RecommendationService/Recommend", "50m");

        // A call is counted when the server is done with it, which the caller may learn a moment earlier.
        const string count = "rpc_server_call_duration_seconds_count", recommend = "rpc_method=\"recsys.v1.RecommendationService/Recommend\"";
        string text = await ScrapeUntilAsync(text =>
            Has(text, count, recommend, "rpc_status_code=\"OK\"", "rpc_system_name=\"grpc\"")
            && Has(text, count, recommend, "rpc_status_code=\"INVALID_ARGUMENT\"")
            && Has(text, count, recommend, "rpc_status_code=\"RESOURCE_EXHAUSTED\"")
            && Has(text, count, recommend, "rpc_status_code=\"DEADLINE_EXCEEDED\"", "error_type=\"DEADLINE_EXCEEDED\"")
            && Has(text, count, "rpc_method=\"_OTHER\"", "rpc_status_code=\"UNIMPLEMENTED\"", "error_type=\"UNIMPLEMENTED\""));

        AssertWellFormed(text);
        Assert.True(Value(text, "rpc_server_call_duration_seconds_bucket", "rpc_method=\"recsys.v1.RecommendationService/Recommend\"", "le=\"0.0001\"") >= 0);
        Assert.True(Value(text, "recsys_recommendations_total", "recsys_rung=\"user_tower\"") >= 1);
        Assert.True(Value(text, "recsys_tower_duration_seconds_count", "recsys_outcome=\"ok\"") >= 1);
        Assert.True(Value(text, "recsys_index_search_duration_seconds_count") >= 1);
        Assert.Equal(1, Value(text, "recsys_server_ready"));
        Assert.Equal(40, Value(text, "recsys_model_items", "recsys_model_version=\"small/1\""));
        Assert.True(Value(text, "dotnet_gc_heap_total_allocated_bytes_total") > 0);
        Assert.True(Value(text, "kestrel_active_connections") >= 1);
        Assert.Contains("target_info{", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"ann\"", text, StringComparison.Ordinal);
    }

    /// <summary>Metrics, labels or values that nobody documented, or values that grow with users or items, would be a leak or an explosion.</summary>
    [Fact]
    public async Task Get_OfMetrics_HasNothingThatTheDocumentationDoesNotList()
    {
        await shared.Server.Recommendations.RecommendAsync(new RecommendRequest { RecentItemIds = { "item-1", "unknown" }, Context = { ["unknown"] = new() { IntValue = 1 } } });
        string text = await shared.Server.Http.GetStringAsync("/metrics");

        Assert.NotEmpty(AssertDocumented(text));
    }

    /// <summary>Checks every sample, and gives the names of all.</summary>
    internal static IReadOnlySet<string> AssertDocumented(string text)
    {
        var doc = new MetricsDoc();
        var names = new HashSet<string>();
        foreach (string sample in text.Split('\n').Where(line => line.Length > 0 && line[0] != '#' && !line.StartsWith("target_info", StringComparison.Ordinal)))
        {
            string name = Regex.Match(sample, "^[a-z_0-9]+").Value;
            names.Add(name);
            string? metric = doc.MetricOf(name);
            Assert.True(metric is not null, $"docs/metrics.md lists no {name}.");
            foreach (Match label in Regex.Matches(sample, @"[{,]([a-z_]+)=""([^""]*)""").Where(label => label.Groups[1].Value is not ("le" or "otel_scope_name")))
            {
                (string key, string value) = (label.Groups[1].Value, label.Groups[2].Value);
                Assert.True(doc.HasLabel(metric, key), $"docs/metrics.md lists no {key} of {name}: {sample}");
                Assert.True(doc.ValuesOf(metric, key)?.Contains(value) != false, $"docs/metrics.md lists no {key}={value} of {name}.");
            }
        }

        return names;
    }

    [Fact]
    public async Task Get_OfMetricsAsOpenMetrics_IsWellFormedAndEndsInEof()
    {
        await shared.Server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann" });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        // As Prometheus asks.
        request.Headers.TryAddWithoutValidation("Accept", "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1");

        using HttpResponseMessage response = await shared.Server.Http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();

        Assert.Equal("application/openmetrics-text; version=1.0.0; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.EndsWith("\n# EOF\n", text, StringComparison.Ordinal);
        Assert.Contains("\n# TYPE recsys_recommendations counter\n", text, StringComparison.Ordinal);
        Assert.Contains("\nrecsys_recommendations_total{", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE target info\n", text, StringComparison.Ordinal);
        Assert.Contains("le=\"1.0\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("le=\"1\"", text, StringComparison.Ordinal);
        string plain = await shared.Server.Http.GetStringAsync("/metrics");
        Assert.DoesNotContain("# EOF", plain, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_OfMetricsFromManyAtOnce_AnswersEachWhole()
    {
        string[] texts = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => shared.Server.Http.GetStringAsync("/metrics")));

        Assert.All(texts, AssertWellFormed);
    }

    private async Task<string> ScrapeUntilAsync(Func<string, bool> isThere)
    {
        for (int attempt = 0; ; attempt++)
        {
            using HttpResponseMessage response = await shared.Server.Http.GetAsync("/metrics");
            Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
            string text = await response.Content.ReadAsStringAsync();
            if (isThere(text))
                return text;
            Assert.True(attempt < 100, text);
            await Task.Delay(50);
        }
    }

    private async Task RawCallAsync(string path, string? timeout)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, shared.Server.Host.GrpcAddress + path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            // A body that never ends makes sure that the deadline passes first.
            Content = timeout is null ? new ByteArrayContent([0, 0, 0, 0, 0]) : new PushContent(),
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        request.Headers.TryAddWithoutValidation("te", "trailers");
        if (timeout is not null)
            request.Headers.TryAddWithoutValidation("grpc-timeout", timeout);
        try
        {
            using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        }
        catch (Exception cut) when (timeout is not null && cut is HttpRequestException or OperationCanceledException)
        {
            // A server may cut off the request that it no longer reads, and HttpClient then tells only of that. What counts here is what the server saw.
        }
    }

    /// <summary>Every line is a comment or a sample; each name has one TYPE before its samples; buckets grow and end in +Inf, which equals the count.</summary>
    private static void AssertWellFormed(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var types = new Dictionary<string, string>();
        var lastBucket = new Dictionary<string, double>();
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Match type = Regex.Match(line, @"^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$");
            if (type.Success)
            {
                Assert.True(types.TryAdd(type.Groups[1].Value, type.Groups[2].Value), $"{type.Groups[1].Value} has two types.");
                continue;
            }

            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
                continue;
            Match sample = Regex.Match(line, @"^([a-zA-Z_:][a-zA-Z0-9_:]*)((?:\{(?:[a-zA-Z_][a-zA-Z0-9_]*=""(?:[^""\\]|\\.)*"",?)*\})?) (\S+)$");
            Assert.True(sample.Success, $"This line is no sample: {line}");
            string name = sample.Groups[1].Value;
            double value = double.Parse(sample.Groups[3].Value.Replace("+Inf", "Infinity", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture);
            string family = Regex.Replace(name, "_(bucket|sum|count)$", "");
            Assert.True(types.ContainsKey(name) || types.GetValueOrDefault(family) == "histogram", $"{name} has no type.");
            if (types.GetValueOrDefault(family) != "histogram")
                continue;
            string series = family + Regex.Replace(sample.Groups[2].Value, @",?le=""[^""]*""", "");
            if (name.EndsWith("_bucket", StringComparison.Ordinal))
            {
                Assert.True(value >= lastBucket.GetValueOrDefault(series), $"Buckets must grow: {line}");
                lastBucket[series] = value;
            }
            else if (name.EndsWith("_count", StringComparison.Ordinal))
            {
                Assert.Equal(lastBucket[series], value);
            }
        }
    }

    private static bool Has(string text, string name, params string[] labels) => Line(text, name, labels) is not null;

    private static double Value(string text, string name, params string[] labels)
    {
        string? line = Line(text, name, labels);
        Assert.True(line is not null, $"There is no {name} with {string.Join(", ", labels)} in:\n{text}");
        return double.Parse(line.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static string? Line(string text, string name, string[] labels) => text.Split('\n').FirstOrDefault(line =>
        (line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal)) && labels.All(label => line.Contains(label, StringComparison.Ordinal)));
}
