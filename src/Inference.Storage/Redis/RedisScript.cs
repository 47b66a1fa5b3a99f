using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace Inference.Storage.Redis;

/// <summary>A Lua script that Redis keeps by its digest: what is sent is the digest, and the text only to a server that does not have it, such as one that was restarted.</summary>
/// <param name="name">Its name in metrics.</param>
/// <param name="text">The script; its keys must share a slot.</param>
internal sealed class RedisScript(string name, string text)
{
    private readonly string _digest = DigestOf(Encoding.UTF8.GetBytes(text));

    /// <summary>What Redis calls sha1hex.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "It is Redis that names scripts and compares values by SHA-1; nothing is kept safe by it.")]
    public static string DigestOf(byte[] bytes) => Convert.ToHexStringLower(SHA1.HashData(bytes));

    /// <summary>Runs the script.</summary>
    /// <exception cref="Recommendations.Ports.StoreException">It failed; see <see cref="RedisConnection.RunAsync{T}"/>.</exception>
    public ValueTask<RedisResult> RunAsync(RedisConnection redis, RedisKey[] keys, RedisValue[] arguments) =>
        redis.RunAsync(name, (Script: this, keys, arguments), static (database, call) => call.Script.EvaluateAsync(database, call.keys, call.arguments));

    private async Task<RedisResult> EvaluateAsync(IDatabase database, RedisKey[] keys, RedisValue[] arguments)
    {
        var sent = new object[2 + keys.Length + arguments.Length];
        sent[0] = _digest;
        sent[1] = keys.Length;
        for (int i = 0; i < keys.Length; i++)
            sent[2 + i] = keys[i];
        for (int i = 0; i < arguments.Length; i++)
            sent[2 + keys.Length + i] = arguments[i];
        try
        {
            return await database.ExecuteAsync("EVALSHA", sent);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            sent[0] = text;
            return await database.ExecuteAsync("EVAL", sent);
        }
    }
}
