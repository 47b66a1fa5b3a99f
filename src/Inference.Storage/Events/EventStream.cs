using System.Globalization;
using System.Text;
using Inference.Recommendations.Users;
using Inference.Storage.Redis;
using StackExchange.Redis;

namespace Inference.Storage.Events;

/// <summary>
/// The stream of all events, which other replicas do not read and training does. An event has the fields id, user, item, type (a number), time (Unix ms), request, slot and
/// value; a forgotten user has the fields forget and time, and all entries of that user before it, and those shortly after it, are to be left out. An entry can be there twice: id tells.
/// </summary>
internal sealed class EventStream(RedisConnection redis)
{
    /// <summary>Adds entries in order, all or none. KEYS: the stream. ARGV: most entries; then eight values for each event. A key of another type is no stream of ours and goes.</summary>
    private static readonly RedisScript AppendEvents = new("append_events", """
        local kind = redis.call('TYPE', KEYS[1]).ok
        if kind ~= 'stream' and kind ~= 'none' then redis.call('DEL', KEYS[1]) end
        for i = 2, #ARGV, 8 do
          redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'id', ARGV[i], 'user', ARGV[i + 1], 'item', ARGV[i + 2], 'type', ARGV[i + 3],
            'time', ARGV[i + 4], 'request', ARGV[i + 5], 'slot', ARGV[i + 6], 'value', ARGV[i + 7])
        end
        return #ARGV
        """);

    private static readonly RedisScript AppendForget = new("append_forget", """
        local kind = redis.call('TYPE', KEYS[1]).ok
        if kind ~= 'stream' and kind ~= 'none' then redis.call('DEL', KEYS[1]) end
        for i = 3, #ARGV do redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'forget', ARGV[i], 'time', ARGV[2]) end
        return #ARGV
        """);

    /// <summary>Appends events in order.</summary>
    /// <exception cref="Recommendations.Ports.StoreException">It failed; unless it was refused, the events may be there.</exception>
    public async ValueTask AppendAsync(IReadOnlyList<OutboxEvent> events)
    {
        var arguments = new RedisValue[1 + (8 * events.Count)];
        arguments[0] = redis.Options.EventStreamLength;
        for (int i = 0; i < events.Count; i++)
        {
            UserEvent item = events[i].Event;
            Span<RedisValue> values = arguments.AsSpan(1 + (8 * i), 8);
            values[0] = Bytes(item.EventId);
            values[1] = item.User.IsNobody ? "" : item.User.Key.ToString();
            values[2] = Bytes(item.ItemId);
            values[3] = (int)item.Type;
            values[4] = item.Time.ToUnixTimeMilliseconds();
            values[5] = Bytes(item.RequestId);
            values[6] = item.Slot;
            values[7] = item.Value.ToString("R", CultureInfo.InvariantCulture);
        }

        await AppendEvents.RunAsync(redis, [redis.Keys.Events], arguments);
    }

    /// <summary>Appends that a user was forgotten.</summary>
    /// <exception cref="Recommendations.Ports.StoreException">It failed.</exception>
    public async ValueTask AppendForgetAsync(UserIdentity user, DateTimeOffset time)
    {
        RedisValue[] arguments = [redis.Options.EventStreamLength, time.ToUnixTimeMilliseconds(), user.Key.ToString()];
        await AppendForget.RunAsync(redis, [redis.Keys.Events], user.Former.IsNobody ? arguments : [.. arguments, user.Former.ToString()]);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
