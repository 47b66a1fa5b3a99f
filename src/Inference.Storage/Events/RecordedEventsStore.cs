using System.Buffers.Binary;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;
using Inference.Storage.Redis;
using Inference.Storage.Users;
using StackExchange.Redis;

namespace Inference.Storage.Events;

/// <summary>What events do to users in Redis.</summary>
/// <param name="sender">Names this process in messages.</param>
internal sealed class RecordedEventsStore(RedisConnection redis, UserStates states, StateOptions options, TimeProvider time, ulong sender)
{
    public ulong Sender => sender;

    /// <summary>Records events of one user, and settles them by what Redis answers.</summary>
    /// <exception cref="StoreException">It failed; unless it was refused, they may be recorded.</exception>
    public async ValueTask RecordAsync(OutboxEvent[] events)
    {
        UserIdentity user = events[0].User;
        await states.MoveAsync(user);
        var arguments = new RedisValue[6 + (2 * events.Length)];
        arguments[0] = options.MaxHistory;
        arguments[1] = (long)options.UserTimeToLive.TotalMilliseconds;
        arguments[2] = time.GetUtcNow().ToUnixTimeMilliseconds();
        arguments[3] = UserScripts.EventKeys;
        arguments[4] = (long)UserScripts.EventKeysFor.TotalMilliseconds;
        arguments[5] = states.DamageOf(user.Key);
        for (int i = 0; i < events.Length; i++)
        {
            var key = new byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64BigEndian(key, events[i].Interaction.EventKey);
            arguments[6 + (2 * i)] = key;
            arguments[7 + (2 * i)] = events[i].Entry;
        }

        RedisKey[] keys = [redis.Keys.Tombstone(user.Key), redis.Keys.EventKeys(user.Key), redis.Keys.Interactions(user.Key)];
        string verdicts = (string?)await UserScripts.Record.RunAsync(redis, keys, arguments) ?? "";
        if (verdicts.Length != events.Length)
            throw new StoreException(StoreFailure.Corrupt, $"Redis answered {verdicts.Length} verdicts for {events.Length} events.");
        for (int i = 0; i < events.Length; i++)
            events[i].Settle(VerdictOf(verdicts[i], events[i]));
    }

    /// <summary>Deletes all that Redis keeps of a user, leaves a tombstone, and tells the other replicas.</summary>
    /// <exception cref="StoreException">It failed, perhaps halfway; it can be repeated.</exception>
    public async ValueTask ForgetAsync(UserIdentity user, DateTimeOffset now, EventStream stream)
    {
        RedisValue[] spaces = await redis.RunAsync("smembers", database => database.SetMembersAsync(redis.Keys.Spaces));
        await ForgetAsync(user.Key, spaces, now);
        if (!user.Former.IsNobody)
            await ForgetAsync(user.Former, spaces, now);
        await stream.AppendForgetAsync(user, now);
        await redis.PublishAsync(redis.Keys.EventsChannel, EventMessage.OfForget(sender, user));
    }

    private static Verdict VerdictOf(char letter, OutboxEvent item) => letter switch
    {
        'n' => Verdict.New,
        'd' when item is { IsUnsure: true, Before: Verdict.New } => Verdict.New,
        'd' => Verdict.Duplicate,
        _ => Verdict.Refused,
    };

    private async ValueTask ForgetAsync(UserKey user, RedisValue[] spaces, DateTimeOffset now)
    {
        RedisKey[] keys =
        [
            redis.Keys.Tombstone(user), redis.Keys.Interactions(user), redis.Keys.Features(user), redis.Keys.EventKeys(user),
            .. spaces.Select(space => redis.Keys.Embedding(space!, user)),
        ];
        await UserScripts.Forget.RunAsync(redis, keys, [now.ToUnixTimeMilliseconds(), (long)options.ForgottenFor.TotalMilliseconds]);
    }
}
