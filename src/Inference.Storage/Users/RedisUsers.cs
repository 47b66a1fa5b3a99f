using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;
using Inference.Storage.Redis;
using StackExchange.Redis;

namespace Inference.Storage.Users;

/// <summary>What Redis holds of a user.</summary>
/// <param name="Interactions">Empty when there are none, or when they cannot be read.</param>
/// <param name="Features">Null when there are none, or when they cannot be read.</param>
/// <param name="IsForgotten">Whether a tombstone stands.</param>
/// <param name="Damage">SHA-1 of interactions that cannot be read; else "".</param>
internal readonly record struct StoredUser(InteractionLog Interactions, IReadOnlyDictionary<string, FeatureValue>? Features, bool IsForgotten, string Damage);

/// <summary>Users as Redis holds them. What cannot be read counts as <see cref="StoreFailure.Corrupt"/> and as not there.</summary>
internal sealed class RedisUsers(RedisConnection redis, StateOptions options, StorageMetrics metrics)
{
    /// <summary>Reads a user in one command.</summary>
    /// <exception cref="StoreException">Redis cannot say.</exception>
    public async ValueTask<StoredUser> ReadAsync(UserKey user)
    {
        RedisKey[] keys = [redis.Keys.Interactions(user), redis.Keys.Features(user), redis.Keys.Tombstone(user)];
        RedisValue[] values = await redis.GetAsync(keys);
        if (!values[2].IsNull)
            return new StoredUser(InteractionLog.Empty, null, IsForgotten: true, "");
        InteractionLog log = InteractionLog.Empty;
        string damage = "";
        if (!values[0].IsNull && (byte[]?)values[0] is { } bytes && !InteractionCodec.TryDecode(bytes, options.MaxHistory, out log))
        {
            metrics.Failed(StoreFailure.Corrupt);
            damage = RedisScript.DigestOf(bytes);
        }

        IReadOnlyDictionary<string, FeatureValue>? features = null;
        if (!values[1].IsNull && !FeatureJson.TryRead((byte[])values[1]!, out features))
            metrics.Failed(StoreFailure.Corrupt);
        return new StoredUser(log, features, IsForgotten: false, damage);
    }

    /// <summary>Moves what is kept under a user's former key to the present one, with what is left of its life. Safe to repeat, and to break off anywhere.</summary>
    /// <returns>Whether there was anything.</returns>
    /// <exception cref="StoreException">Redis failed; to be tried again.</exception>
    public async ValueTask<bool> MoveAsync(UserIdentity user)
    {
        if (user.Former.IsNobody)
            return false;
        RedisKey[] former = KeysOf(user.Former);
        var packed = (RedisResult[])(await UserScripts.Pack.RunAsync(redis, former, []))!;
        var arguments = new RedisValue[packed.Length + 1];
        bool any = false;
        for (int i = 0; i < packed.Length; i++)
        {
            arguments[i] = (RedisValue)packed[i];
            any |= i % 2 == 0 && ((byte[]?)arguments[i])?.Length > 0;
        }

        if (!any)
            return false;
        arguments[^1] = (long)options.UserTimeToLive.TotalMilliseconds;
        await UserScripts.Unpack.RunAsync(redis, KeysOf(user.Key), arguments);
        await UserScripts.Drop.RunAsync(redis, former, [RedisScript.DigestOf((byte[]?)arguments[0] ?? [])]);
        return true;
    }

    private RedisKey[] KeysOf(UserKey user) => [redis.Keys.Interactions(user), redis.Keys.Features(user), redis.Keys.EventKeys(user), redis.Keys.Tombstone(user)];
}
