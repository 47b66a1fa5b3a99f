using System.Diagnostics;
using System.Globalization;
using Inference.Recommendations;
using Inference.Recommendations.Ports;
using StackExchange.Redis;

namespace Inference.Storage.Redis;

/// <summary>Client spans of commands, by the OpenTelemetry conventions for databases. Keys are in none: they are made of users.</summary>
internal sealed class RedisSpan
{
    private readonly KeyValuePair<string, object?>[] _tags;

    /// <param name="address">Where Redis is, without secrets: "host:port", or several of them, or a service of Sentinels.</param>
    /// <param name="database">Its number.</param>
    public RedisSpan(string address, int database)
    {
        var tags = new List<KeyValuePair<string, object?>> { new("db.system.name", "redis"), new("db.namespace", database.ToString(CultureInfo.InvariantCulture)) };
        int colon = address.LastIndexOf(':');
        if (colon > 0 && address.IndexOfAny([',', ' ']) < 0 && int.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port))
            tags.AddRange([new("server.address", address[..colon]), new("server.port", port)]);
        else
            tags.Add(new("server.address", address));
        _tags = [.. tags];
    }

    /// <summary>Begins a span under the current one; null where that is not recorded: what the server does of its own accord has none.</summary>
    /// <param name="operation">The command's name in metrics.</param>
    /// <param name="state">What it is about; several keys are counted.</param>
    public Activity? Begin<TState>(string operation, TState state)
    {
        if (!Spans.AreWanted(Log.Activities))
            return null;
        Activity? span = Log.Activities.StartActivity(ActivityKind.Client, tags: _tags, name: operation);
        span?.SetTag("db.operation.name", operation);
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
