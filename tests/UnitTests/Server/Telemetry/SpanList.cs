namespace UnitTests.Server.Telemetry;

/// <param name="Depth">How far below the call's span.</param>
/// <param name="Name">Its name; in words where there are many.</param>
/// <param name="Project">Whose activity source it is of, without "Inference.".</param>
/// <param name="Kind">Of OpenTelemetry.</param>
/// <param name="Attributes">All that it can have, beside `error.type`.</param>
/// <param name="Description">What it spans.</param>
internal sealed record SpanRow(int Depth, string Name, string Project, string Kind, string[] Attributes, string Description);

/// <summary>Every span of a request. That there are no others, and no other attributes, is tested where a collector receives them.</summary>
internal static class SpanList
{
    private const string Recommendations = "Recommendations", Storage = "Storage", Towers = "Towers";

    public static IReadOnlyList<SpanRow> All { get; } =
    [
        new(0, "package.Service/Method", "Server", "server", ["rpc.system.name", "rpc.method", "rpc.status_code"], "The call, from its headers to its status."),
        new(1, "recommend", Recommendations, "internal", ["recsys.rung", "recsys.model.version", "recsys.surface", "recsys.slate.items"], "One slate. Events `degraded` (`recsys.component`, `recsys.reason`) say what made it less than it could have been."),
        new(1, "similar_items", Recommendations, "internal", ["recsys.rung", "recsys.model.version", "recsys.surface", "recsys.slate.items"], "Likewise, of similar items."),
        new(2, "user_state", Recommendations, "internal", ["recsys.cache.level", "recsys.outcome"], "What is stored of the user: `memory` answered, or `redis` was asked."),
        new(3, "{db.operation.name}", Storage, "client", ["db.system.name", "db.namespace", "db.operation.name", "db.operation.batch.size", "server.address", "server.port"], "One command to Redis."),
        new(3, "joined_read", Storage, "internal", [], "A command that reads for several callers."),
        new(2, "filter", Recommendations, "internal", ["recsys.outcome", "recsys.filter"], "The rows that the filter selects."),
        new(2, "embedding_cache", Recommendations, "internal", ["recsys.cache.level", "recsys.outcome"], "The user's kept embedding: `hit` or `miss`. Commands to Redis below it."),
        new(2, "user_tower", Recommendations, "internal", ["recsys.outcome"], "Asking the user tower, waiting for a turn included."),
        new(3, "tower_run", Towers, "internal", ["tower", "recsys.tower.queue.wait", "recsys.tower.batch.rows"], "The batch that the call was part of; the wait before it in seconds."),
        new(2, "retrieval", Recommendations, "internal", [], "All retrievers of a surface."),
        new(3, "retriever", Recommendations, "internal", ["recsys.retriever", "recsys.retriever.candidates", "recsys.outcome"], "One of them."),
        new(2, "index_search", Recommendations, "internal", ["recsys.index.kind", "recsys.index.width", "recsys.filter"], "One search of the index in memory; `scan` where its recall is too low."),
        new(2, "device_search", Recommendations, "internal", ["recsys.outcome"], "One search on a device."),
        new(2, "fusion", Recommendations, "internal", [], "Fused sources. Events `source` (`recsys.source`, `recsys.outcome`, `recsys.duration` in seconds) say what became of each."),
        new(2, "ranker", Recommendations, "internal", ["recsys.ranker.candidates", "recsys.outcome"], "The ranking model, with its `tower_run`."),
        new(2, "make_up", Recommendations, "internal", ["recsys.make_up.candidates"], "Boosts, pins, diversity, caps and calibration."),
        new(1, "record_events", Storage, "internal", ["recsys.events.recorded", "recsys.events.duplicates", "recsys.events.refused", "recsys.events.dropped"], "What was recorded, waiting for Redis included."),
        new(0, "shadow", Recommendations, "internal", [], "A request that is answered a second time to compare, with `recommend` below it: a trace of its own, by the share of sampling."),
    ];
}
