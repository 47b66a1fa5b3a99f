using Inference.Recommendations.Ports;
using StackExchange.Redis;

namespace Inference.Storage.Redis;

/// <summary>The one table from what the client throws and Redis answers to kinds of failure.</summary>
internal static class RedisFailures
{
    /// <summary>Error codes of a server that cannot serve now and will later, each the first word of its answer.</summary>
    private static readonly string[] NotNow = ["LOADING", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "BUSY", "NOREPLICAS", "MOVED", "ASK"];

    public static StoreException ToStoreException(Exception exception) => exception switch
    {
        StoreException store => store,
        TimeoutException => new StoreException(StoreFailure.Timeout, "Redis did not answer in time.", exception),
        RedisServerException server when IsNotNow(server.Message) => new StoreException(StoreFailure.Unavailable, $"Redis cannot serve now: {server.Message}", server),
        // The client words what a cluster answered while it moved slots or lost nodes in sentences of its own.
        RedisServerException server when server.Message.Contains("CLUSTERDOWN", StringComparison.Ordinal) || server.Message.StartsWith("Endpoint ", StringComparison.Ordinal) =>
            new StoreException(StoreFailure.Unavailable, $"Redis cannot serve now: {server.Message}", server),
        RedisServerException server => new StoreException(StoreFailure.Refused, $"Redis refused: {server.Message}", server),
        RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } => new StoreException(StoreFailure.Refused, "Redis refused the password.", exception),
        RedisConnectionException { FailureType: ConnectionFailureType.UnableToResolvePhysicalConnection or ConnectionFailureType.UnableToConnect } =>
            new StoreException(StoreFailure.Unavailable, "No connection to Redis.", exception),
        RedisCommandException => new StoreException(StoreFailure.Refused, "The command cannot be sent to this Redis.", exception),
        ObjectDisposedException => new StoreException(StoreFailure.Connection, "The connection to Redis was closed.", exception),
        _ => new StoreException(StoreFailure.Connection, "The connection to Redis broke.", exception),
    };

    /// <summary>Whether a failure says that Redis is not well, rather than that this one command was wrong.</summary>
    public static bool IsOutage(Exception? exception) => exception is StoreException { Failure: StoreFailure.Timeout or StoreFailure.Connection or StoreFailure.Unavailable };

    /// <summary>Whether the server is a replica, or was demoted to one: another is the master.</summary>
    public static bool IsReadOnly(Exception exception) => exception.InnerException is RedisServerException server && server.Message.Contains("READONLY", StringComparison.Ordinal);

    private static bool IsNotNow(string message)
    {
        int end = message.IndexOf(' ', StringComparison.Ordinal);
        ReadOnlySpan<char> code = end < 0 ? message : message.AsSpan(0, end);
        foreach (string known in NotNow)
        {
            if (code.SequenceEqual(known))
                return true;
        }

        return false;
    }
}
