namespace Inference.Storage.Catalogue;

/// <summary>What Redis does in one step. The hash has a field for each item, and in the field of the empty name the last version that was given out.</summary>
internal static class ItemScripts
{
    /// <summary>
    /// Gives changes a version, keeps and announces them. KEYS: the hash. ARGV: channel, least version (what the writer has seen, or the time, whichever is higher), ids as JSON, then
    /// id and body of each change. Returns the version as text.
    /// </summary>
    public const string Keep = """
        local last = tonumber(redis.call('HGET', KEYS[1], '') or '') or 0
        local version = string.format('%.0f', math.max(last + 1, tonumber(ARGV[2])))
        for i = 4, #ARGV, 2 do
          redis.call('HSET', KEYS[1], ARGV[i], version .. ' ' .. ARGV[i + 1])
        end
        redis.call('HSET', KEYS[1], '', version)
        redis.call('PUBLISH', ARGV[1], version .. ' ' .. ARGV[3])
        return version
        """;

    /// <summary>Sends a message from the node that has the hash, the way that announcements go. KEYS: the hash. ARGV: channel, message.</summary>
    public const string Greet = "return redis.call('PUBLISH', ARGV[1], ARGV[2])";

    /// <summary>
    /// Puts changes back that the hash has lost, unless it has later ones, and announces them. KEYS: the hash. ARGV: channel, then id, version and body of each change. Returns how many
    /// it took.
    /// </summary>
    public const string Restore = """
        local last = tonumber(redis.call('HGET', KEYS[1], '') or '') or 0
        local restored = 0
        for i = 2, #ARGV, 3 do
          local version = tonumber(ARGV[i + 1])
          local held = tonumber(string.match(redis.call('HGET', KEYS[1], ARGV[i]) or '', '^(%d+) ') or '') or 0
          if held <= version then
            redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1] .. ' ' .. ARGV[i + 2])
            redis.call('PUBLISH', ARGV[1], ARGV[i + 1] .. ' ' .. cjson.encode({ARGV[i]}))
            restored = restored + 1
          end
          if version > last then
            last = version
            redis.call('HSET', KEYS[1], '', ARGV[i + 1])
          end
        end
        return restored
        """;
}
