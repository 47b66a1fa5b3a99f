using ChaosTests.Load;
using RedisRig;

namespace ChaosTests.Scenarios;

/// <summary>Looks into the stream of events by itself, without the product's code.</summary>
internal static class StreamAudit
{
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

    /// <summary>Looks for an event among the entries after a place. False where the stream's node does not answer.</summary>
    /// <param name="after">Stream id behind which to look; moves on, so that looking again and again costs the machine little.</param>
    public static async Task<(bool Found, string After)> FindAsync(ChaosRig rig, string eventId, string after)
    {
        try
        {
            RedisProcess node = await rig.NodeOfAsync(ChaosCases.EventStream);
            IReadOnlyList<RedisReply> entries = (await node.ExecuteAsync("XRANGE", ChaosCases.EventStream, "(" + after, "+", "COUNT", Page)).Items;
            return (entries.Any(entry => IdOf(entry) == eventId), entries.Count == 0 ? after : entries[^1].Items[0].Text);
        }
        catch (Exception e) when (e is RedisErrorException or IOException or System.Net.Sockets.SocketException or InvalidOperationException)
        {
            return (false, after);
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
