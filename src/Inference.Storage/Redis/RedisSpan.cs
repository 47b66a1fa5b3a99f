using System.Diagnostics;
using System.Globalization;
using Inference.Recommendations;
using Inference.Recommendations.Ports;
using StackExchange.Redis;

namespace Inference.Storage.Redis;

/// <summary>Client spans of commands, by the OpenTelemetry conventions for databases. Keys are in none: they are made of users.</summary>
/// <param name="address">Where Redis is, without secrets.</param>
/// <param name="database">Its number.</param>
internal sealed class RedisSpan(string address, int database)
{
    private readonly string _database = database.ToString(CultureInfo.InvariantCulture);

    /// <summary>Begins a span under the current one; null where that is not recorded: what the server does of its own accord has none.</summary>
    /// <param name="operation">The command's name in metrics.</param>
    /// <param name="state">What it is about; several keys are counted.</param>
    public Activity? Begin<TState>(string operation, TState state)
    {
        if (!Spans.AreWanted(Log.Activities))
            return null;
        Activity? span = Log.Activities.StartActivity(operation, ActivityKind.Client);
        span?.SetTag("db.system.name", "redis").SetTag("db.operation.name", operation).SetTag("db.namespace", _database).SetTag("server.address", address);
        if (state is RedisKey[] { Length: > 1 } keys)
            span?.SetTag("db.operation.batch.size", keys.Length);
        return span;
    }

    /// <summary>Says that a command failed.</summary>
    public static void Failed(Activity? span, StoreFailure failure)
    {
        span?.SetTag("error.type", StorageMetrics.NameOf(failure));
        span?.SetStatus(ActivityStatusCode.Error);
    }
}
