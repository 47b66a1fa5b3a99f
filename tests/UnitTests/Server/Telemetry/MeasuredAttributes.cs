using System.Reflection;
using System.Text.RegularExpressions;
using Grpc.Core;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Recall;
using Inference.Recommendations.Surfaces;
using Inference.Server.Failures;
using UnitTests.Testing;

namespace UnitTests.Server.Telemetry;

/// <summary>The attributes of each instrument with all their values. That a running server has no others is tested where one is scraped.</summary>
internal static class MeasuredAttributes
{
    private static readonly string[] Sides = ["active", "shadow"];
    private static readonly string[] KindsOfSources = [.. Constants(typeof(Sources)).Where(name => name != Sources.AllNames && name != Sources.Pins)];
    private static readonly string[] KindsOfRetrievers = [.. KindsOfSources, SurfaceRetriever.Learned];
    private static readonly string[] KindsOfFilters = [.. Enum.GetValues<FilterClass>().Select(FilterClasses.NameOf)];
    private static readonly string[] StoreFailures = ["unavailable", "timeout", "connection", "refused", "corrupt"];

    private static readonly MeasuredAttribute ModelVersion = new("recsys.model.version", "name/version of a loaded model");
    private static readonly MeasuredAttribute ShadowVersion = new("recsys.shadow.version", "name/version that is compared");
    private static readonly MeasuredAttribute IndexKind = new("recsys.index.kind", ["flat", "exact", "fast", "compact"]);
    private static readonly MeasuredAttribute Tower = new("tower", ["user", "item", "ranker", "index"]);
    private static readonly MeasuredAttribute Priority = new("priority", ["interactive", "bulk"]);
    private static readonly MeasuredAttribute Cache = new("recsys.cache", ["embeddings", "contexts", "states"]);
    private static readonly MeasuredAttribute Level = new("recsys.cache.level", ["memory", "redis"]);
    private static readonly MeasuredAttribute Queue = new("recsys.store.queue", ["embeddings", "contexts", "events", "counters"]);
    private static readonly MeasuredAttribute ModelPart = new("recsys.model.part", ["embeddings", "index"]);
    private static readonly MeasuredAttribute Sink = new("recsys.decisions.sink", ["folder", "redis"]);
    private static readonly MeasuredAttribute RecallFilter = new("recsys.filter", ["all", .. KindsOfFilters]);
    private static readonly MeasuredAttribute FilterShare = new("recsys.filter", KindsOfFilters);
    private static readonly MeasuredAttribute Retriever = new("recsys.retriever", KindsOfRetrievers);
    private static readonly MeasuredAttribute Urgency = new("recsys.class", ["interactive", "bulk"]);
    private static readonly MeasuredAttribute Source = new("recsys.source", KindsOfSources);
    private static readonly MeasuredAttribute[] Gpu = [new("hw.id", "UUID of the device"), new("hw.name", "product name of the device"), new("hw.type", ["gpu"]), new("hw.vendor", ["NVIDIA"])];
    private static readonly MeasuredAttribute[] OfIndex = [IndexKind, ModelVersion];
    private static readonly MeasuredAttribute[] OfRecall = [ModelVersion, RecallFilter];
    private static readonly MeasuredAttribute[] OfShadow = [ModelVersion, ShadowVersion];
    private static readonly MeasuredAttribute[] OfConnection =
    [
        new("server.address", "address that is listened on"), new("server.port", "its port"), new("network.type", ["ipv4", "ipv6"]), new("network.transport", ["tcp", "unix"]),
        new("network.protocol.name", ["http"]), new("network.protocol.version", ["1.0", "1.1", "2"]), new("tls.protocol.version", ["1.2", "1.3"]), new("error.type", "what ended the connection"),
    ];

    /// <summary>By instrument; what is not here has none.</summary>
    public static IReadOnlyDictionary<string, MeasuredAttribute[]> ByInstrument { get; } = new Dictionary<string, MeasuredAttribute[]>
    {
        ["rpc.server.call.duration"] =
        [
            new("rpc.system.name", ["grpc", "http_json"]), new("rpc.method", "package.Service/Method of what is served, or _OTHER"),
            new("rpc.status_code", [.. Enum.GetValues<StatusCode>().Select(StatusNames.Of)]),
            new("error.type", ["UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"]),
        ],
        ["recsys.admission.queued"] = [Urgency],
        ["recsys.admission.wait.duration"] = [Urgency],
        ["recsys.admission.shed"] = [Urgency, new("recsys.reason", ["calls", "queue_full", "wait", "deadline", "expired", "pushed_out"])],
        ["recsys.admission.quota.rejections"] = [new("recsys.reason", ["rate", "concurrency"]), new("recsys.client", "name of a configured client, where Inference:Admission:ClientNamesInMetrics asks for it")],
        ["recsys.admission.cut_off"] = [new("recsys.reason", ["request", "stream"])],
        ["recsys.auth.refusals"] = [new("recsys.reason", ["missing", "invalid", "role", "not_served_here", "keys_unavailable", "audit_unavailable"])],
        ["recsys.auth.key.fetches"] = [new("recsys.outcome", ["ok", "failed"])],
        ["recsys.tls.reloads"] = [new("recsys.outcome", ["ok", "failed"])],
        ["recsys.recommendations"] = [new("recsys.rung", ["cached_embedding", "user_tower", "session", "cluster_profile", "popularity", "item_embedding"]), ModelVersion],
        ["recsys.degradations"] =
        [
            new("recsys.component", [.. Constants(typeof(Components))]),
            new("recsys.reason", ["failed", "timeout", "unavailable", "unknown_items", "unknown_features", "too_few_candidates", "low_recall", "overloaded"]),
        ],
        ["recsys.fusion.source.duration"] = [Source],
        ["recsys.fusion.dropped"] = [Source, new("recsys.reason", ["timeout", "failed", "tower"])],
        ["recsys.slots.chosen"] = [new("recsys.slot_type", ["explore", "new_item"]), new("recsys.policy", ["off", "epsilon_greedy", "softmax", "thompson", "ucb"])],
        ["recsys.guards"] = [new("recsys.guard", ["cap", "returned", "floor"])],
        ["recsys.filters"] = [new("recsys.outcome", ["hit", "patched", "compiled", "columns_made"]), FilterShare],
        ["recsys.filter.duration"] = [new("recsys.outcome", ["patched", "compiled", "columns_made"])],
        ["recsys.slate.adjustments"] = [new("recsys.adjustment", ["pinned", "boosted", "diversified", "capped", "calibrated"])],
        ["recsys.ranker.duration"] = [new("recsys.outcome", ["ok", "late", "refused", "timeout", "error"])],
        ["recsys.tower.duration"] = [new("recsys.outcome", ["ok", "late", "refused", "timeout", "error"])],
        ["recsys.retriever.duration"] = [Retriever],
        ["recsys.retriever.candidates"] = [Retriever],
        ["recsys.retriever.dropped"] = [Retriever, new("recsys.reason", ["timeout", "failed", "silent"])],
        ["recsys.tower.run.duration"] = [Tower],
        ["recsys.tower.batch.rows"] = [Tower],
        ["recsys.tower.rejected"] = [Tower, Priority],
        ["recsys.tower.late"] = [Tower, Priority, new("at", ["arrival", "batch"])],
        ["recsys.tower.queue.wait"] = [Tower, Priority],
        ["recsys.tower.queue.rows"] = [Tower, Priority],
        ["recsys.tower.cells"] = [Tower],
        ["recsys.tower.padding"] = [Tower],
        ["recsys.tower.failures"] = [Tower],
        ["recsys.tower.provider.fallbacks"] = [Tower, new("provider", ["cuda", "tensorrt", "webgpu", "cpu"])],
        ["recsys.index.device.searches"] = [new("recsys.outcome", ["found", "unsuited", "uncertain", "late", "refused", "failed"])],
        ["recsys.index.device.rebuilds"] = [new("recsys.outcome", ["ok", "failed"])],
        ["recsys.index.pending"] = OfIndex,
        ["recsys.index.merges"] = OfIndex,
        ["recsys.index.merge.failures"] = OfIndex,
        ["recsys.index.recall"] = OfIndex,
        ["recsys.index.size"] = OfIndex,
        ["recsys.index.width"] = OfIndex,
        ["recsys.model.load.duration"] = [new("recsys.outcome", ["ok", "refused", "failed"])],
        ["recsys.model.cache.hits"] = [ModelPart],
        ["recsys.model.cache.misses"] = [ModelPart],
        ["recsys.model.cache.failures"] = [ModelPart],
        ["recsys.model.cache.evictions"] = [ModelPart],
        ["recsys.model.items"] = [ModelVersion, new("recsys.embedding_space", "id of the space that the version's embeddings are of")],
        ["recsys.model.share"] = [ModelVersion],
        ["recsys.catalogue.changes"] = [new("recsys.outcome", ["inserted", "updated", "deleted", "superseded", "failed"]), new("recsys.origin", ["call", "replica", "replay"])],
        ["db.client.operation.duration"] =
        [
            new("db.system.name", ["redis"]),
            new("db.operation.name", RedisOperations()),
            new("error.type", StoreFailures),
        ],
        ["recsys.store.failures"] = [new("recsys.store.failure", StoreFailures)],
        ["recsys.store.queue.length"] = [Queue],
        ["recsys.store.queue.dropped"] = [Queue],
        ["recsys.cache.hits"] = [Cache, Level],
        ["recsys.cache.misses"] = [Cache, Level],
        ["recsys.cache.evictions"] = [Cache, new("recsys.cache.level", ["memory"])],
        ["recsys.cache.entries"] = [Cache, new("recsys.cache.level", ["memory"])],
        ["recsys.cache.size"] = [Cache, new("recsys.cache.level", ["memory"])],
        ["recsys.decisions.written"] = [Sink, new("recsys.decisions.kind", ["decision", "event"])],
        ["recsys.decisions.dropped"] = [Sink, new("recsys.reason", ["full", "failed"])],
        ["recsys.decisions.queue.length"] = [Sink],
        ["recsys.events.recorded"] = [new("recsys.event.type", ["view", "click", "cart", "purchase", "like", "skip"])],
        ["recsys.shadow.requests"] = [new("recsys.outcome", ["compared", "dropped", "failed"]), .. OfShadow],
        ["recsys.shadow.overlap"] = OfShadow,
        ["recsys.shadow.rank_correlation"] = OfShadow,
        ["recsys.shadow.duration"] = [new("recsys.side", Sides), .. OfShadow],
        ["recsys.recall.checks"] = [new("recsys.outcome", ["checked", "queue_full", "over_budget", "given_up", "failed"]), ModelVersion],
        ["recsys.recall.scans"] = [ModelVersion],
        ["recsys.recall.estimate"] = OfRecall,
        ["recsys.recall.lower"] = OfRecall,
        ["recsys.recall.upper"] = OfRecall,
        ["recsys.recall.samples"] = OfRecall,
        ["recsys.recall.degraded"] = [ModelVersion],
        ["hw.gpu.utilization"] = Gpu,
        ["hw.gpu.memory.utilization"] = Gpu,
        ["hw.gpu.memory.usage"] = Gpu,
        ["hw.gpu.memory.limit"] = Gpu,
        ["hw.temperature"] = Gpu,
        ["hw.power"] = Gpu,
        ["hw.energy"] = Gpu,
        ["dotnet.gc.collections"] = [new("gc.heap.generation", ["gen0", "gen1", "gen2"])],
        ["dotnet.gc.last_collection.heap.size"] = [new("gc.heap.generation", ["gen0", "gen1", "gen2", "loh", "poh"])],
        ["dotnet.gc.last_collection.heap.fragmentation.size"] = [new("gc.heap.generation", ["gen0", "gen1", "gen2", "loh", "poh"])],
        ["dotnet.process.cpu.time"] = [new("cpu.mode", ["user", "system"])],
        ["dotnet.exceptions"] = [new("error.type", "type of the exception")],
        ["kestrel.active_connections"] = OfConnection,
        ["kestrel.connection.duration"] = OfConnection,
        ["kestrel.rejected_connections"] = OfConnection,
        ["kestrel.queued_connections"] = OfConnection,
        ["kestrel.upgraded_connections"] = OfConnection,
        ["kestrel.tls_handshake.duration"] = OfConnection,
        ["kestrel.active_tls_handshakes"] = OfConnection,
    };

    /// <summary>The names that the sources give to commands and scripts.</summary>
    private static string[] RedisOperations() =>
    [
        .. Directory.GetFiles(Repository.PathOf("src/Inference.Storage"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Regex.Matches(File.ReadAllText(file), @"(?:RunAsync\(\s*|RedisScript \w+ (?:\{ get; \} )?= new\()""([a-z_]+)""")).Select(match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal),
    ];

    private static IEnumerable<string> Constants(Type type) => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic).Where(field => field.IsLiteral && field.FieldType == typeof(string)).Select(field => (string)field.GetRawConstantValue()!);
}
