using System.Globalization;
using Inference.Recommendations.Users;
using StackExchange.Redis;

namespace Inference.Storage.Redis;

/// <summary>Names of all keys and channels (docs/adr/0009). What belongs to one user has the user's key as hash tag, so that on Redis Cluster it lies in one slot.</summary>
/// <param name="prefix">First part of every name; neither braces nor spaces.</param>
public sealed class RedisKeys(string prefix)
{
    /// <summary>Set of the embedding spaces in use.</summary>
    public RedisKey Spaces { get; } = prefix + ":spaces";

    /// <summary>Stream of all events.</summary>
    public RedisKey Events { get; } = prefix + ":events";

    /// <summary>Stream of decisions.</summary>
    public RedisKey Decisions { get; } = prefix + ":decisions";

    /// <summary>Hash of the items that were added, replaced or deleted while serving.</summary>
    public RedisKey Items { get; } = prefix + ":i";

    /// <summary>Hash by embedding space: what vector sets there are of it, as JSON.</summary>
    public RedisKey VectorSpaces { get; } = prefix + ":v";

    /// <summary>Hash by embedding space: vector sets that are being filled, as JSON.</summary>
    public RedisKey VectorSpacesComing { get; } = prefix + ":vc";

    /// <summary>Channel of recorded events and forgotten users.</summary>
    public RedisChannel EventsChannel { get; } = new(prefix + ":ch:events", RedisChannel.PatternMode.Literal);

    /// <summary>Channel of changed items.</summary>
    public RedisChannel ItemsChannel { get; } = new(prefix + ":ch:items", RedisChannel.PatternMode.Literal);

    /// <summary>String: recorded interactions.</summary>
    public RedisKey Interactions(UserKey user) => $"{prefix}:u:{{{user.ToString()}}}";

    /// <summary>String: features, as JSON.</summary>
    public RedisKey Features(UserKey user) => $"{prefix}:f:{{{user.ToString()}}}";

    /// <summary>String: the embedding of one space.</summary>
    public RedisKey Embedding(string space, UserKey user) => $"{prefix}:e:{space}:{{{user.ToString()}}}";

    /// <summary>Sorted set: keys of the latest events.</summary>
    public RedisKey EventKeys(UserKey user) => $"{prefix}:d:{{{user.ToString()}}}";

    /// <summary>String: when the user was forgotten.</summary>
    public RedisKey Tombstone(UserKey user) => $"{prefix}:t:{{{user.ToString()}}}";

    /// <summary>Vector set: one shard of the items of an embedding space. Shards have hash tags of their own, so that on Redis Cluster they spread.</summary>
    public RedisKey Vectors(string space, string generation, int shard) => string.Create(CultureInfo.InvariantCulture, $"{prefix}:v:{{{space}/{generation}/{shard}}}");

    /// <summary>Hash: counts of one stretch of time.</summary>
    public RedisKey Counts(string name, long bucket) => string.Create(CultureInfo.InvariantCulture, $"{prefix}:c:{name}:{bucket}");
}
