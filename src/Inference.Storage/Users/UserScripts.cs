using Inference.Storage.Redis;

namespace Inference.Storage.Users;

/// <summary>What happens to a user in Redis, each in one step. All keys of a call are in one slot; <see cref="InteractionCodec"/> says what the bytes are.</summary>
internal static class UserScripts
{
    /// <summary>Events whose keys are remembered of each user: as many as one call can record.</summary>
    public const int EventKeys = 1_024;

    /// <summary>For how long they are remembered.</summary>
    public static readonly TimeSpan EventKeysFor = TimeSpan.FromDays(1);

    /// <summary>
    /// Records events of one user.
    /// <list type="number">
    /// <item>where a tombstone stands, all are refused</item>
    /// <item>a key of another type than ours, or with a foreign header, or the very bytes that a reader found damaged, is deleted</item>
    /// <item>what is known by its event key is a duplicate; the rest is appended</item>
    /// <item>a value that became a quarter too long is cut to the latest by time and event key</item>
    /// </list>
    /// KEYS: tombstone, event keys, interactions. ARGV: most interactions; life in ms; now in ms; most event keys; their life in ms; SHA-1 of damaged bytes or ""; then the
    /// event key (8 bytes) and the entry of each event. Answers one letter for each event: n(ew), d(uplicate), r(efused).
    /// </summary>
    public static RedisScript Record { get; } = new("record", """
        local events = (#ARGV - 6) / 2
        if redis.call('EXISTS', KEYS[1]) == 1 then return string.rep('r', events) end
        local most, now = tonumber(ARGV[1]), tonumber(ARGV[3])
        local kind = redis.call('TYPE', KEYS[2]).ok
        if kind ~= 'zset' and kind ~= 'none' then redis.call('DEL', KEYS[2]) end
        local verdicts, fresh = {}, {}
        for i = 1, events do
          if redis.call('ZADD', KEYS[2], 'NX', now, ARGV[5 + 2 * i]) == 1 then
            verdicts[i] = 'n'
            fresh[#fresh + 1] = ARGV[6 + 2 * i]
          else
            verdicts[i] = 'd'
          end
        end
        redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - tonumber(ARGV[5]))
        redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - tonumber(ARGV[4]))
        redis.call('PEXPIRE', KEYS[2], ARGV[5])
        if #fresh == 0 then return table.concat(verdicts) end

        kind = redis.call('TYPE', KEYS[3]).ok
        local head, count = '', 0
        if kind == 'string' then head = redis.call('GETRANGE', KEYS[3], 0, 7) end
        local sound = #head == 8 and string.sub(head, 1, 4) == 'RSU\1'
        if sound and ARGV[6] ~= '' then sound = redis.sha1hex(redis.call('GET', KEYS[3])) ~= ARGV[6] end
        if sound then count = struct.unpack('<I4', head, 5) end
        local total = count + #fresh
        if sound and total <= most + math.floor(most / 4) then
          redis.call('APPEND', KEYS[3], table.concat(fresh))
          redis.call('SETRANGE', KEYS[3], 4, struct.pack('<I4', total))
        else
          if sound then
            local value, place = redis.call('GET', KEYS[3]), 9
            while place + 27 <= #value do
              local length = struct.unpack('<I2', value, place)
              if length < 29 then break end
              fresh[#fresh + 1] = string.sub(value, place, place + length - 1)
              place = place + length
            end
          end
          if #fresh > most then
            local items = {}
            for i, entry in ipairs(fresh) do
              local time, high, low = struct.unpack('<i8', entry, 5), struct.unpack('>I4', entry, 13), struct.unpack('>I4', entry, 17)
              items[i] = { time, high, low, entry }
            end
            table.sort(items, function(a, b)
              if a[1] ~= b[1] then return a[1] > b[1] end
              if a[2] ~= b[2] then return a[2] > b[2] end
              return a[3] > b[3]
            end)
            fresh = {}
            for i = 1, most do fresh[i] = items[most + 1 - i][4] end
          end
          redis.call('SET', KEYS[3], 'RSU\1' .. struct.pack('<I4', #fresh) .. table.concat(fresh))
        end
        redis.call('PEXPIRE', KEYS[3], ARGV[2])
        return table.concat(verdicts)
        """);

    /// <summary>
    /// Forgets a user. KEYS: tombstone, then all that is to be deleted. ARGV: when, as Unix ms; life of the tombstone in ms.
    /// </summary>
    public static RedisScript Forget { get; } = new("forget", """
        for i = 2, #KEYS do redis.call('DEL', KEYS[i]) end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        return 1
        """);

    /// <summary>
    /// Reads what is kept under a former key, to be moved. KEYS: interactions, features, event keys, tombstone. Answers for each key its bytes (event keys and foreign types:
    /// as DUMP) or "", and its life in ms (negative: none).
    /// </summary>
    public static RedisScript Pack { get; } = new("pack", """
        local packed = {}
        for i, key in ipairs(KEYS) do
          local kind = redis.call('TYPE', key).ok
          if kind == 'string' then packed[2 * i - 1] = redis.call('GET', key)
          elseif kind == 'zset' and i == 3 then packed[2 * i - 1] = redis.call('DUMP', key)
          else packed[2 * i - 1] = '' end
          packed[2 * i] = redis.call('PTTL', key)
        end
        return packed
        """);

    /// <summary>
    /// Takes in what was packed. Where interactions are there already, both are kept. KEYS and ARGV: as <see cref="Pack"/> has them and answers. A life that is not positive
    /// becomes the one given last. Changes nothing where a tombstone stands.
    /// </summary>
    public static RedisScript Unpack { get; } = new("unpack", """
        if redis.call('EXISTS', KEYS[4]) == 1 then return 0 end
        local function life(i) local ms = tonumber(ARGV[2 * i]); if ms > 0 then return ms end; return tonumber(ARGV[9]) end
        if ARGV[7] ~= '' then
          redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
          redis.call('SET', KEYS[4], ARGV[7], 'PX', life(4))
          return 1
        end
        local old, kind = ARGV[1], redis.call('TYPE', KEYS[1]).ok
        if #old >= 8 and string.sub(old, 1, 4) == 'RSU\1' then
          local value = ''
          if kind == 'string' then value = redis.call('GET', KEYS[1]) end
          if #value >= 8 and string.sub(value, 1, 4) == 'RSU\1' then
            old = 'RSU\1' .. struct.pack('<I4', struct.unpack('<I4', old, 5) + struct.unpack('<I4', value, 5)) .. string.sub(old, 9) .. string.sub(value, 9)
          end
          redis.call('SET', KEYS[1], old, 'PX', life(1))
        end
        if ARGV[3] ~= '' and redis.call('EXISTS', KEYS[2]) == 0 then redis.call('SET', KEYS[2], ARGV[3], 'PX', life(2)) end
        if ARGV[5] ~= '' and redis.call('EXISTS', KEYS[3]) == 0 then redis.call('RESTORE', KEYS[3], life(3), ARGV[5]) end
        return 1
        """);

    /// <summary>Deletes what was moved, unless its interactions have changed meanwhile. KEYS: as <see cref="Pack"/>. ARGV: SHA-1 of the packed interactions.</summary>
    public static RedisScript Drop { get; } = new("drop", """
        local value = ''
        if redis.call('TYPE', KEYS[1]).ok == 'string' then value = redis.call('GET', KEYS[1]) end
        if redis.sha1hex(value) ~= ARGV[1] then return 0 end
        for i = 1, #KEYS do redis.call('DEL', KEYS[i]) end
        return 1
        """);
}
