using ChaosTests.Load;
using RedisRig;

namespace ChaosTests.Scenarios;

/// <summary>Looks into the stream of events by itself, without the product's code.</summary>
internal static class StreamAudit
{
    private const int Tail = 500;
    private const int Page = 5_000;
    private const string IdField = "id";

    /// <summary>Waits until all these events are in the stream.</summary>
    /// <returns>Ids of those that are not, when patience ends.</returns>
    public static async Task<IReadOnlyList<string>> MissingAsync(ChaosRig rig, IReadOnlyList<ConfirmedEvent> events, TimeSpan patience)
    {
        HashSet<string> missing = [];
        try
        {
            await Until.TrueAsync(
                async () =>
                {
                    missing = [.. events.Select(static one => one.Event.EventId)];
                    missing.ExceptWith(await IdsAsync(rig));
                    return missing.Count == 0;
                },
                patience,
                static () => "");
        }
        catch (TimeoutException)
        {
            // What is missing is the answer.
        }

        return [.. missing];
    }

    /// <summary>Whether an event is among the last of the stream. False where the stream's node does not answer.</summary>
    public static async Task<bool> EndsWithAsync(ChaosRig rig, string eventId)
    {
        try
        {
            RedisProcess node = await rig.NodeOfAsync(ChaosCases.EventStream);
            RedisReply entries = await node.ExecuteAsync("XREVRANGE", ChaosCases.EventStream, "+", "-", "COUNT", Tail);
            return entries.Items.Any(entry => IdOf(entry) == eventId);
        }
        catch (Exception e) when (e is RedisErrorException or IOException or System.Net.Sockets.SocketException or InvalidOperationException)
        {
            return false;
        }
    }

    private static async Task<HashSet<string>> IdsAsync(ChaosRig rig)
    {
        var ids = new HashSet<string>();
        RedisProcess node = await rig.NodeOfAsync(ChaosCases.EventStream);
        await using RedisClient client = await node.ConnectAsync();
        string from = "-";
        while (true)
        {
            IReadOnlyList<RedisReply> entries = (await client.ExecuteAsync("XRANGE", ChaosCases.EventStream, from, "+", "COUNT", Page)).Items;
            foreach (RedisReply entry in entries)
            {
                if (IdOf(entry) is { } id)
                    ids.Add(id);
            }

            if (entries.Count < Page)
                return ids;
            from = "(" + entries[^1].Items[0].Text;
        }
    }

    /// <summary>The event's id of an entry [stream id, [field, value, …]]; null where it has none.</summary>
    private static string? IdOf(RedisReply entry)
    {
        IReadOnlyList<RedisReply> fields = entry.Items[1].Items;
        for (int i = 0; i + 1 < fields.Count; i += 2)
        {
            if (fields[i].Text == IdField)
                return fields[i + 1].Text;
        }

        return null;
    }
}
