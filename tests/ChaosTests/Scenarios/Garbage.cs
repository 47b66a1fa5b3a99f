using Inference.Training.Chance;
using RedisRig;

namespace ChaosTests.Scenarios;

/// <summary>Puts what does not belong there under the server's keys, the stream of events excepted, and takes it away again.</summary>
internal static class Garbage
{
    private const ulong Seed = 11;

    /// <summary>Key by key, in turn: a list, random bytes, a value cut short, a value with a byte changed. Keys that nobody wrote yet get lists.</summary>
    public static async Task SpreadAsync(RedisProcess redis)
    {
        var random = new SeededRandom(Seed);
        await using RedisClient client = await redis.ConnectAsync();
        int turn = 0;
        foreach (byte[] key in await KeysAsync(client))
        {
            byte[]? value = (await client.ExecuteAsync("TYPE", key)).Text == "string" ? (await client.ExecuteAsync("GET", key)).Bytes : null;
            switch (turn++ % 4)
            {
                case 1 when value is not null:
                    await client.ExecuteAsync("SET", key, Bytes(ref random, 1 + random.NextInt(100)));
                    break;
                case 2 when value is not null:
                    await client.ExecuteAsync("SET", key, value[..random.NextInt(value.Length)]);
                    break;
                case 3 when value is not null:
                    value[random.NextInt(value.Length)] ^= (byte)(1 + random.NextInt(255));
                    await client.ExecuteAsync("SET", key, value);
                    break;
                default:
                    await client.ExecuteAsync("DEL", key);
                    await client.ExecuteAsync("RPUSH", key, "garbage");
                    break;
            }
        }

        foreach (string key in (string[])["rs:spaces", "rs:i"])
        {
            await client.ExecuteAsync("DEL", key);
            await client.ExecuteAsync("RPUSH", key, "garbage");
        }
    }

    /// <summary>Deletes every key but the stream of events.</summary>
    public static async Task RemoveAsync(RedisProcess redis)
    {
        await using RedisClient client = await redis.ConnectAsync();
        foreach (byte[] key in await KeysAsync(client))
            await client.ExecuteAsync("DEL", key);
    }

    private static async Task<IReadOnlyList<byte[]>> KeysAsync(RedisClient client)
    {
        RedisReply keys = await client.ExecuteAsync("KEYS", "rs:*");
        return [.. keys.Items.Where(static key => key.Text != ChaosCases.EventStream).Select(static key => key.Bytes!)];
    }

    private static byte[] Bytes(ref SeededRandom random, int count)
    {
        var bytes = new byte[count];
        for (int i = 0; i < count; i++)
            bytes[i] = (byte)random.NextBits();
        return bytes;
    }
}
