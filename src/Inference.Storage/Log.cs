using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Inference.Storage;

/// <summary>The log messages and the activity source of this project.</summary>
internal static partial class Log
{
    /// <summary>Spans of one request.</summary>
    public static readonly ActivitySource Activities = new("Inference.Storage");

    [LoggerMessage(1, LogLevel.Information, "Connected to Redis at {Address}.")]
    public static partial void RedisConnected(ILogger log, string address);

    [LoggerMessage(2, LogLevel.Warning, "Redis at {Address} cannot be reached; serving without it and trying again.")]
    public static partial void RedisUnreachable(ILogger log, string address, Exception? exception);

    [LoggerMessage(3, LogLevel.Warning, "Redis at {Address} does not answer; serving without it until it does.")]
    public static partial void RedisSilent(ILogger log, string address);

    [LoggerMessage(4, LogLevel.Information, "Redis at {Address} answers again.")]
    public static partial void RedisAnswers(ILogger log, string address);

    [LoggerMessage(5, LogLevel.Warning, "Redis at {Address} is read-only; looking for the master.")]
    public static partial void RedisReadOnly(ILogger log, string address);

    [LoggerMessage(6, LogLevel.Error, "A message on Redis channel {Channel} could not be handled.")]
    public static partial void MessageFailed(ILogger log, string channel, Exception exception);

    [LoggerMessage(7, LogLevel.Warning, "Redis channel {Channel} could not be subscribed to; trying again.")]
    public static partial void SubscriptionFailed(ILogger log, string channel, Exception exception);

    [LoggerMessage(8, LogLevel.Warning, "Commands to Redis failed too often; leaving it alone for {BreakSeconds} s.")]
    public static partial void RedisRests(ILogger log, double breakSeconds);

    [LoggerMessage(9, LogLevel.Error, "Supervising Redis failed; going on.")]
    public static partial void SupervisionFailed(ILogger log, Exception exception);

    [LoggerMessage(10, LogLevel.Error, "A listener for the return of Redis failed.")]
    public static partial void RestoredListenerFailed(ILogger log, Exception exception);

    [LoggerMessage(20, LogLevel.Error, "Bringing events to Redis failed; they are tried again.")]
    public static partial void OutboxFailed(ILogger log, Exception exception);

    [LoggerMessage(21, LogLevel.Warning, "{Events} events have not reached Redis and are dropped, for the server ends.")]
    public static partial void EventsAbandoned(ILogger log, int events);

    [LoggerMessage(22, LogLevel.Error, "Sharing counts failed; they are tried again.")]
    public static partial void CountersFailed(ILogger log, Exception exception);

    [LoggerMessage(40, LogLevel.Warning, "The changed items cannot be read from Redis; serving those that are known and trying again.")]
    public static partial void ItemsNotRead(ILogger log, Exception exception);

    [LoggerMessage(41, LogLevel.Warning, "Redis had lost {Count} changed items, or they were damaged; they are put back.")]
    public static partial void ItemsRestored(ILogger log, int count);

    [LoggerMessage(42, LogLevel.Error, "What Redis holds of the changed item {ItemId} is not what was put there; it is passed over. Further ones are only counted (recsys.store.failures, corrupt).")]
    public static partial void ItemCorrupt(ILogger log, string itemId);

    [LoggerMessage(43, LogLevel.Error, "{Count} items that another replica changed could not be taken over.")]
    public static partial void ItemsNotTaken(ILogger log, int count, Exception exception);

    [LoggerMessage(50, LogLevel.Warning, "Redis at {Address} has no vector sets, which came with Redis 8: surfaces that list 'vector_engine' are served without it.")]
    public static partial void NoVectorSets(ILogger log, string address);

    [LoggerMessage(51, LogLevel.Warning, "Redis at {Address} holds no vectors of the embedding space {Space}: bring them by 'inference vectors push'. Until then surfaces that list 'vector_engine' are served without it.")]
    public static partial void NoVectorsOfSpace(ILogger log, string address, string space);

    [LoggerMessage(52, LogLevel.Information, "Redis at {Address} holds {Items} vectors of the embedding space {Space} in {Shards} shards.")]
    public static partial void VectorsFound(ILogger log, string address, long items, string space, int shards);

    [LoggerMessage(53, LogLevel.Warning, "What vectors Redis at {Address} holds could not be read ({Failure}); it is tried again.")]
    public static partial void VectorsNotRead(ILogger log, string address, Inference.Recommendations.Ports.StoreFailure failure);

    [LoggerMessage(60, LogLevel.Warning, "The log of decisions cannot be written to {Folder}; decisions are dropped and counted, and it is tried again.")]
    public static partial void DecisionsNotWritten(ILogger log, string folder, Exception exception);

    [LoggerMessage(61, LogLevel.Information, "The log of decisions is written to {Folder} again.")]
    public static partial void DecisionsWrittenAgain(ILogger log, string folder);

    [LoggerMessage(62, LogLevel.Warning, "Old files of the log of decisions in {Folder} could not be removed; it is tried again.")]
    public static partial void DecisionsNotPruned(ILogger log, string folder, Exception exception);

    [LoggerMessage(63, LogLevel.Warning, "The keys of {Users} forgotten users could not be taken out of the log of decisions; while the server runs it is tried again, and the files go in the end.")]
    public static partial void KeysNotTakenOut(ILogger log, int users, Exception? exception);

    [LoggerMessage(64, LogLevel.Warning, "Decisions are to go to Redis (Inference:Decisions:ToRedis), but none is configured.")]
    public static partial void NoRedisForDecisions(ILogger log);
}
