using System.Globalization;
using Inference.Recommendations.Ports;
using Inference.Storage.Redis;
using StackExchange.Redis;

namespace Inference.Storage.Counters;

/// <summary>Counts in Redis: a hash for each name and bucket, from member to sum.</summary>
/// <param name="life">How long a hash lives after the last addition.</param>
internal sealed class CountStore(RedisConnection redis, TimeSpan life, StorageMetrics metrics)
{
    /// <summary>Most members of one addition.</summary>
    public const int MostAtOnce = 500;

    /// <summary>KEYS: the hash. ARGV: its life in ms; then members and amounts. What is no hash, or no number, is replaced.</summary>
    private static readonly RedisScript Increment = new("add_counts", """
        local kind = redis.call('TYPE', KEYS[1]).ok
        if kind ~= 'hash' and kind ~= 'none' then redis.call('DEL', KEYS[1]) end
        for i = 2, #ARGV, 2 do
          local sum = redis.pcall('HINCRBYFLOAT', KEYS[1], ARGV[i], ARGV[i + 1])
          if type(sum) == 'table' then redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
        end
        redis.call('PEXPIRE', KEYS[1], ARGV[1])
        return #ARGV
        """);

    /// <summary>Adds amounts.</summary>
    /// <returns>False when Redis certainly has none of them. Where nobody can say, they count as added.</returns>
    public async ValueTask<bool> TryAddAsync(string name, long bucket, (string Member, double Amount)[] amounts)
    {
        var arguments = new RedisValue[1 + (2 * amounts.Length)];
        arguments[0] = (long)life.TotalMilliseconds;
        for (int i = 0; i < amounts.Length; i++)
        {
            arguments[1 + (2 * i)] = amounts[i].Member;
            arguments[2 + (2 * i)] = amounts[i].Amount.ToString("R", CultureInfo.InvariantCulture);
        }

        try
        {
            await Increment.RunAsync(redis, [redis.Keys.Counts(name, bucket)], arguments);
            return true;
        }
        catch (StoreException e) when (e.Failure is StoreFailure.Unavailable or StoreFailure.Refused)
        {
            return false;
        }
        catch (StoreException)
        {
            metrics.Dropped("counters", amounts.Length);
            return true;
        }
    }

    /// <summary>Reads a hash, in steps that hold Redis up only briefly. What is no number is left out; what is no hash reads as empty.</summary>
    /// <exception cref="StoreException">It failed.</exception>
    public async ValueTask<Dictionary<string, double>> ReadAsync(string name, long bucket)
    {
        RedisKey key = redis.Keys.Counts(name, bucket);
        var counts = new Dictionary<string, double>(StringComparer.Ordinal);
        string cursor = "0";
        do
        {
            RedisResult[] answer;
            try
            {
                string from = cursor;
                answer = ((RedisResult[]?)await redis.RunAsync("hscan", database => database.ExecuteAsync("HSCAN", key, from, "COUNT", 1_000)))!;
            }
            catch (StoreException e) when (e.InnerException is RedisServerException server && server.Message.StartsWith("WRONGTYPE", StringComparison.Ordinal))
            {
                return counts;
            }

            cursor = (string)answer[0]!;
            var pairs = (RedisValue[])answer[1]!;
            for (int i = 0; i + 1 < pairs.Length; i += 2)
            {
                if (double.TryParse((string?)pairs[i + 1], CultureInfo.InvariantCulture, out double sum) && double.IsFinite(sum))
                    counts[(string)pairs[i]!] = sum;
                else
                    metrics.Failed(StoreFailure.Corrupt);
            }
        }
        while (cursor != "0");
        return counts;
    }
}
