using System.Globalization;
using System.Runtime.CompilerServices;
using Inference.Recommendations.Users;
using Inference.Storage.Redis;
using StackExchange.Redis;

namespace Inference.Storage.Decisions;

/// <summary>Reads the streams of decisions and events as the lines that a folder would hold, decisions first. Events of users who were forgotten are left out.</summary>
public static class DecisionStreamReader
{
    private const int PageSize = 500;

    private static readonly long FirstTime = DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), LastTime = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>Reads them.</summary>
    /// <param name="options">Where Redis is; with a configuration.</param>
    /// <exception cref="IOException">Redis cannot be reached, or failed.</exception>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(RedisOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var keys = new RedisKeys(options.Prefix);
        using ConnectionMultiplexer connection = await ConnectAsync(options);
        IDatabase database = connection.GetDatabase(options.Database);
        await foreach (Dictionary<string, RedisValue> entry in EntriesAsync(database, keys.Decisions, cancellationToken))
        {
            if (entry.TryGetValue("line", out RedisValue line) && (byte[]?)line is { } bytes)
                yield return bytes;
        }

        var forgotten = new HashSet<string>(StringComparer.Ordinal);
        await foreach (Dictionary<string, RedisValue> entry in EntriesAsync(database, keys.Events, cancellationToken))
        {
            if (entry.TryGetValue("forget", out RedisValue user))
                forgotten.Add(user.ToString());
        }

        using var lines = new DecisionLines(withUsers: false);
        await foreach (Dictionary<string, RedisValue> entry in EntriesAsync(database, keys.Events, cancellationToken))
        {
            if (EventOf(entry, forgotten) is not { } item)
                continue;
            lines.Clear();
            lines.Append(item);
            yield return lines.Bytes[..^1].ToArray();
        }
    }

    /// <summary>An entry of the stream of events; null for what is none, or of a user who was forgotten.</summary>
    internal static UserEvent? EventOf(Dictionary<string, RedisValue> entry, HashSet<string> forgotten)
    {
        string request = Text("request"), id = Text("id"), item = Text("item");
        if (request.Length == 0 || id.Length == 0 || item.Length == 0 || forgotten.Contains(Text("user")))
            return null;
        if (!long.TryParse(Text("time"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long time) || time < FirstTime || time > LastTime)
            return null;
        if (!int.TryParse(Text("type"), NumberStyles.None, CultureInfo.InvariantCulture, out int type) || !Enum.IsDefined((InteractionType)type))
            return null;
        _ = int.TryParse(Text("slot"), NumberStyles.None, CultureInfo.InvariantCulture, out int slot);
        _ = double.TryParse(Text("value"), NumberStyles.Float, CultureInfo.InvariantCulture, out double value);
        return new UserEvent(id, default, item, (InteractionType)type, DateTimeOffset.FromUnixTimeMilliseconds(time), request, slot, value);

        string Text(string field) => entry.TryGetValue(field, out RedisValue value) ? value.ToString() : "";
    }

    private static async IAsyncEnumerable<Dictionary<string, RedisValue>> EntriesAsync(IDatabase database, RedisKey stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string from = "-";
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            RedisResult[] page;
            try
            {
                page = (RedisResult[]?)await database.ExecuteAsync("XRANGE", stream, from, "+", "COUNT", PageSize) ?? [];
            }
            catch (RedisException e)
            {
                throw new IOException($"Redis failed: {e.Message}", e);
            }

            foreach (RedisResult entry in page)
            {
                var fields = new Dictionary<string, RedisValue>(StringComparer.Ordinal);
                RedisValue[] values = (RedisValue[]?)((RedisResult[])entry!)[1] ?? [];
                for (int i = 0; i + 1 < values.Length; i += 2)
                    fields[values[i].ToString()] = values[i + 1];
                yield return fields;
            }

            if (page.Length < PageSize)
                yield break;
            from = $"({(string?)((RedisResult[])page[^1]!)[0]}";
        }
    }

    private static async Task<ConnectionMultiplexer> ConnectAsync(RedisOptions options)
    {
        try
        {
            return await ConnectionMultiplexer.ConnectAsync(options.Configuration);
        }
        catch (Exception e) when (e is RedisException or ArgumentException)
        {
            throw new IOException($"Redis cannot be reached: {e.Message}", e);
        }
    }
}
