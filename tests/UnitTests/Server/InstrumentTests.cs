using System.Diagnostics.Metrics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Inference.Recommendations;
using Inference.Recommendations.Catalogue;
using Inference.Recommendations.Comparison;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Server.Hosting;
using Inference.Server.Prometheus;
using Inference.Server.Telemetry;
using Inference.Storage;
using Inference.Storage.Decisions;
using Inference.Towers.DeviceSearch;
using Inference.Towers.Loading;
using Inference.Towers.Runtime;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Server;

/// <summary>What is measured, what is written about it, and what the dashboard asks for are one thing.</summary>
public sealed class InstrumentTests : IDisposable
{
    /// <summary>The attributes of each instrument; that no other appears is tested on the running server.</summary>
    private static readonly Dictionary<string, string[]> Attributes = new()
    {
        ["rpc.server.call.duration"] = ["rpc.system.name", "rpc.method", "rpc.status_code", "error.type"],
        ["recsys.auth.refusals"] = ["recsys.reason"],
        ["recsys.auth.key.fetches"] = ["recsys.outcome"],
        ["recsys.tls.reloads"] = ["recsys.outcome"],
        ["recsys.recommendations"] = ["recsys.rung", "recsys.model.version"],
        ["recsys.degradations"] = ["recsys.component", "recsys.reason"],
        ["recsys.fusion.source.duration"] = ["recsys.source"],
        ["recsys.slots.chosen"] = ["recsys.slot_type", "recsys.policy"],
        ["recsys.guards"] = ["recsys.guard"],
        ["recsys.filters"] = ["recsys.outcome", "recsys.filter"],
        ["recsys.filter.duration"] = ["recsys.outcome"],
        ["recsys.slate.adjustments"] = ["recsys.adjustment"],
        ["recsys.fusion.dropped"] = ["recsys.source", "recsys.reason"],
        ["recsys.ranker.duration"] = ["recsys.outcome"],
        ["recsys.retriever.duration"] = ["recsys.retriever"],
        ["recsys.retriever.candidates"] = ["recsys.retriever"],
        ["recsys.retriever.dropped"] = ["recsys.retriever", "recsys.reason"],
        ["recsys.tower.duration"] = ["recsys.outcome"],
        ["recsys.tower.run.duration"] = ["tower"],
        ["recsys.tower.batch.rows"] = ["tower"],
        ["recsys.tower.rejected"] = ["tower", "priority"],
        ["recsys.tower.late"] = ["tower", "priority", "at"],
        ["recsys.tower.queue.wait"] = ["tower", "priority"],
        ["recsys.tower.queue.rows"] = ["tower", "priority"],
        ["recsys.tower.cells"] = ["tower"],
        ["recsys.tower.padding"] = ["tower"],
        ["recsys.tower.failures"] = ["tower"],
        ["recsys.index.device.searches"] = ["recsys.outcome"],
        ["recsys.index.device.rebuilds"] = ["recsys.outcome"],
        ["recsys.tower.provider.fallbacks"] = ["tower", "provider"],
        ["recsys.model.load.duration"] = ["recsys.outcome"],
        ["recsys.model.cache.hits"] = ["recsys.model.part"],
        ["recsys.model.cache.misses"] = ["recsys.model.part"],
        ["recsys.model.cache.failures"] = ["recsys.model.part"],
        ["recsys.model.cache.evictions"] = ["recsys.model.part"],
        ["recsys.model.items"] = ["recsys.model.version", "recsys.embedding_space"],
        ["recsys.model.share"] = ["recsys.model.version"],
        ["recsys.catalogue.changes"] = ["recsys.outcome", "recsys.origin"],
        ["recsys.index.pending"] = ["recsys.index.kind", "recsys.model.version"],
        ["recsys.index.merges"] = ["recsys.index.kind", "recsys.model.version"],
        ["recsys.index.merge.failures"] = ["recsys.index.kind", "recsys.model.version"],
        ["recsys.index.recall"] = ["recsys.index.kind", "recsys.model.version"],
        ["recsys.index.size"] = ["recsys.index.kind", "recsys.model.version"],
        ["db.client.operation.duration"] = ["db.system.name", "db.operation.name", "error.type"],
        ["recsys.store.failures"] = ["recsys.store.failure"],
        ["recsys.store.queue.length"] = ["recsys.store.queue"],
        ["recsys.store.queue.dropped"] = ["recsys.store.queue"],
        ["recsys.cache.hits"] = ["recsys.cache", "recsys.cache.level"],
        ["recsys.cache.misses"] = ["recsys.cache", "recsys.cache.level"],
        ["recsys.cache.evictions"] = ["recsys.cache", "recsys.cache.level"],
        ["recsys.cache.entries"] = ["recsys.cache", "recsys.cache.level"],
        ["recsys.cache.size"] = ["recsys.cache", "recsys.cache.level"],
        ["recsys.decisions.written"] = ["recsys.decisions.sink", "recsys.decisions.kind"],
        ["recsys.decisions.dropped"] = ["recsys.decisions.sink", "recsys.reason"],
        ["recsys.decisions.queue.length"] = ["recsys.decisions.sink"],
        ["recsys.events.recorded"] = ["recsys.event.type"],
        ["recsys.shadow.requests"] = ["recsys.outcome", "recsys.model.version", "recsys.shadow.version"],
        ["recsys.shadow.overlap"] = ["recsys.model.version", "recsys.shadow.version"],
        ["recsys.shadow.rank_correlation"] = ["recsys.model.version", "recsys.shadow.version"],
        ["recsys.shadow.duration"] = ["recsys.side", "recsys.model.version", "recsys.shadow.version"],
        ["recsys.recall.checks"] = ["recsys.outcome", "recsys.model.version"],
        ["recsys.recall.scans"] = ["recsys.model.version"],
        ["recsys.recall.estimate"] = ["recsys.model.version", "recsys.filter"],
        ["recsys.recall.lower"] = ["recsys.model.version", "recsys.filter"],
        ["recsys.recall.upper"] = ["recsys.model.version", "recsys.filter"],
        ["recsys.recall.samples"] = ["recsys.model.version", "recsys.filter"],
        ["recsys.recall.degraded"] = ["recsys.model.version"],
        ["recsys.index.width"] = ["recsys.index.kind", "recsys.model.version"],
    };

    /// <summary>Metrics of the platform that the dashboard and the rules may ask for.</summary>
    private static readonly string[] OfThePlatform =
    [
        "dotnet_gc_pause_time_seconds_total", "dotnet_gc_heap_total_allocated_bytes_total", "dotnet_process_memory_working_set_bytes", "dotnet_process_cpu_time_seconds_total",
        "dotnet_thread_pool_queue_length_total", "dotnet_exceptions_total", "kestrel_active_connections", "kestrel_queued_connections", "target_info", "up",
    ];

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    [Fact]
    [Trait("Category", "Golden")]
    public void MetricsPage_IsWhatTheInstrumentsSay() => Golden.Check("docs/metrics.md", Page());

    [Fact]
    public void Dashboard_AsksOnlyForWhatIsMeasured()
    {
        using JsonDocument dashboard = JsonDocument.Parse(Repository.Read("deploy/grafana/inference.json"));
        string[] queries = [.. Strings(dashboard.RootElement, "expr")];

        Assert.NotEmpty(queries);
        AssertKnown(queries);
    }

    [Fact]
    public void Rules_AskOnlyForWhatIsMeasured()
    {
        string[] expressions = [.. Regex.Matches(Repository.Read("deploy/prometheus/rules.yml"), @"^ *expr: (.+)$", RegexOptions.Multiline).Select(match => match.Groups[1].Value)];

        Assert.NotEmpty(expressions);
        AssertKnown(expressions);
    }

    private void AssertKnown(string[] queries)
    {
        HashSet<string> known = [.. OfThePlatform];
        foreach (Instrument instrument in Instruments())
        {
            string name = NameOf(instrument);
            known.UnionWith(KindOf(instrument) == "histogram" ? [name + "_bucket", name + "_sum", name + "_count"] : [name]);
        }

        Assert.All(queries, query =>
        {
            // Without the labels, what begins like a metric is one.
            string bare = Regex.Replace(query, @"\bby \([^)]*\)|\{[^}]*\}", "");
            string[] names = [.. Regex.Matches(bare, @"\b(?:rpc|recsys|db|dotnet|kestrel)_[a-z_]+|\bup\b").Select(match => match.Value)];
            Assert.NotEmpty(names);
            Assert.All(names, name => Assert.True(known.Contains(name), $"'{name}' in '{query}' is not measured."));
        });
    }

    private string Page()
    {
        var page = new StringBuilder("""
            # Metrics and traces
            `GET /metrics` on the HTTP port serves everything below as Prometheus text; with `Inference:Telemetry:OtlpEndpoint` the same goes out by OTLP. Durations are seconds. No attribute is the id
            of a user or an item, and each has a small closed set of values. Histograms have explicit buckets, so they add up over replicas.

            ## Ours

            """);
        foreach (IGrouping<string, Instrument> meter in Instruments().GroupBy(instrument => instrument.Meter.Name).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            page.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"### Meter `{meter.Key}`").AppendLine();
            page.AppendLine("| instrument | in `/metrics` | kind | attributes | what it tells |").AppendLine("| --- | --- | --- | --- | --- |");
            foreach (Instrument instrument in meter.OrderBy(instrument => instrument.Name, StringComparer.Ordinal))
            {
                string attributes = string.Join(", ", Attributes.GetValueOrDefault(instrument.Name, []).Select(attribute => $"`{attribute}`"));
                page.AppendLine(CultureInfo.InvariantCulture, $"| `{instrument.Name}` | `{NameOf(instrument)}` | {KindOf(instrument)} | {attributes} | {instrument.Description} |");
            }
        }

        page.Append("""

            - `rpc.system.name` is `grpc`, or `http_json` for calls of the HTTP address; paths that are not served there are not counted. `rpc.method` is `package.Service/Method`; methods that are not served are `_OTHER`. `rpc.status_code` is the name of the gRPC status; `error.type` is set where the server is to blame
              (UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS).
            - `recsys.outcome` of changes: `inserted`, `updated`, `deleted`, `superseded`, `failed`; `recsys.origin`: `call`, `replica`, `replay`.
            - `recsys.outcome` of searches on a device: `found`, `unsuited`, `uncertain`, `late`, `refused`, `failed`; of its rebuilds: `ok`, `failed`.
            - `recsys.reason` of refused callers: `missing` (no credentials), `invalid`, `role`, `not_served_here`, `keys_unavailable`, `audit_unavailable`; `recsys.outcome` of fetches of keys and of reloads of certificates: `ok`, `failed`.
            - `recsys.rung`: `cached_embedding`, `user_tower`, `session`, `cluster_profile`, `popularity`, `item_embedding`.
            - `recsys.reason`: `failed`, `timeout`, `unavailable`, `unknown_items`, `unknown_features`, `too_few_candidates`, `low_recall`; `recsys.component` as in the reply's `degraded`.
            - `recsys.cache`: `embeddings`, `contexts`, `states`; `recsys.cache.level`: `memory`, `redis`. `recsys.store.queue`: `embeddings`, `contexts`, `events`, `counters`. `recsys.store.failure`, and `error.type` of Redis commands:
              `unavailable` (not connected, or left alone after failures), `timeout`, `connection`, `refused`, `corrupt`.
            - `recsys.outcome` of the user tower: `ok`, `late` (declined, for it could not have answered in time), `refused` (too many waited), `timeout` (it did not answer in time), `error`.
            - `recsys.outcome` of recall checks: `checked`, `queue_full` and `over_budget` (dropped), `given_up` (the version was taken out, or all that was found has changed), `failed`. `recsys.filter`, the share of the catalogue that
              searches could return: `all` (every search), `none` (no filter), `>=50%`, `10-50%`, `1-10%`, `0.1-1%`, `<0.1%`.
            - `tower`: `user`, `item`; `priority`: `interactive`, `bulk` (streams, item embedding, shadow requests); `at`: `arrival` (nothing was queued), `batch` (it had waited in vain).
              `recsys.tower.padding` by `recsys.tower.cells` is the share of the work that was padding.
            - `recsys.outcome` of shadow requests: `compared`, `dropped` (too many waited), `failed` (not loaded, threw, or the tower failed or was late); `recsys.side`: `active`, `shadow`.
            - `recsys.model.part`: `embeddings`, `index`.
            - `recsys.decisions.sink`: `folder`, `redis`; `recsys.decisions.kind`: `decision`, `event`; `recsys.reason` of lines that were lost: `full` (too many waited), `failed` (they could not be written).
            - `recsys.event.type`: `view`, `click`, `cart`, `purchase`, `like`, `skip`.

            ## Of .NET and Kestrel
            The meters `System.Runtime`, `Microsoft.AspNetCore.Server.Kestrel` and `Microsoft.AspNetCore.MemoryPool` come along whole. Worth watching: `dotnet.gc.pause.time`,
            `dotnet.gc.heap.total_allocated`, `dotnet.process.memory.working_set`, `dotnet.thread_pool.queue.length`, `kestrel.active_connections`.

            ## Traces
            With an OTLP endpoint each sampled call is a trace: `package.Service/Method` (server) → `recommend` or `similar_items` → `user_tower`, `index_search`. A caller's `traceparent` is followed, its
            decision to sample too; other calls are sampled at `Inference:Telemetry:TraceSampling`. Without an endpoint no span is made.

            """);
        return page.ToString();
    }

    private List<Instrument> Instruments()
    {
        var instruments = new List<Instrument>();
        // Other tests make instruments meanwhile, on threads of their own.
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                lock (instruments)
                    instruments.Add(instrument);
            },
        };
        IMeterFactory meters = _services.GetRequiredService<IMeterFactory>();
        _ = new RecommendationMetrics(meters);
        _ = new CatalogueMetrics(meters);
        _ = new ExposureMetrics(meters, new ItemExposure(new NoCounters(), new SnapshotRegistry(), new NewItemOptions(), TimeProvider.System));
        _ = new ShadowMetrics(meters);
        _ = new Inference.Recommendations.Recall.RecallMetrics(meters, new SnapshotRegistry());
        _ = new ServerMetrics(meters, new Readiness(), new SnapshotRegistry());
        _ = new Inference.Server.Security.SecurityMetrics(meters, TimeProvider.System);
        _ = new StorageMetrics(meters);
        _ = new DecisionMetrics(meters);
        RuntimeHelpers.RunClassConstructor(typeof(TowerMetrics).TypeHandle);
        RuntimeHelpers.RunClassConstructor(typeof(DeviceSearchMetrics).TypeHandle);
        RuntimeHelpers.RunClassConstructor(typeof(LoadMetrics).TypeHandle);
        listener.Start();
        // They may hold meters of the same names.
        lock (instruments)
            return [.. instruments.Where(instrument => instrument.Meter.Name.StartsWith("Inference.", StringComparison.Ordinal)).DistinctBy(instrument => instrument.Name)];
    }

    private sealed class NoCounters : ICounters
    {
        public void Add(string name, string member, double amount, DateTimeOffset time)
        {
        }

        public IReadOnlyDictionary<string, double> Read(string name) => new Dictionary<string, double>();
    }

    private static string NameOf(Instrument instrument) => PrometheusNames.Metric(instrument.Name, instrument.Unit ?? "", KindOf(instrument) switch
    {
        "histogram" => MetricType.Histogram,
        "counter" => MetricType.LongSum,
        "gauge" => MetricType.LongGauge,
        _ => MetricType.LongSumNonMonotonic,
    });

    private static string KindOf(Instrument instrument)
    {
        string type = instrument.GetType().Name;
        return type.StartsWith("Histogram", StringComparison.Ordinal) ? "histogram"
            : type.Contains("UpDown", StringComparison.Ordinal) ? "up-down counter"
            : type.Contains("Gauge", StringComparison.Ordinal) ? "gauge"
            : "counter";
    }

    private static IEnumerable<string> Strings(JsonElement element, string property) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(child =>
            child.NameEquals(property) && child.Value.ValueKind == JsonValueKind.String ? [child.Value.GetString()!] : Strings(child.Value, property)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(child => Strings(child, property)),
        _ => [],
    };
}
