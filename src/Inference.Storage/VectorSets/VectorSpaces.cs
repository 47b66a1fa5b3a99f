using System.Collections.Concurrent;
using Inference.Recommendations.Ports;
using Inference.Storage.Redis;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Inference.Storage.VectorSets;

/// <summary>Which vector sets a Redis holds, as this process knows. What it knows is believed for a while and then read again, in the background.</summary>
internal sealed class VectorSpaces(RedisConnection redis, VectorEngineOptions options, TimeProvider time, ILogger log)
{
    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);

    /// <summary>The vector sets of a space; null where there are none.</summary>
    /// <param name="isStale">Whether what is known is known to be wrong.</param>
    /// <exception cref="StoreException">Nothing is known yet, and Redis does not answer.</exception>
    public ValueTask<VectorSpace?> FindAsync(string space, bool isStale = false)
    {
        Known known = _known.GetOrAdd(space, static _ => new Known());
        Task<VectorSpace?>? reading = known.Reading;
        bool isOld = known.ReadAt is not { } at || time.GetElapsedTime(at) >= options.Refresh;
        if (isOld || isStale)
        {
            lock (known)
                reading = known.Reading is { IsCompleted: false } under ? under : known.Reading = ReadAsync(space, known);
        }

        bool mustWait = isStale || known.ReadAt is null;
        return mustWait && reading is not null ? new ValueTask<VectorSpace?>(reading) : new ValueTask<VectorSpace?>(known.Found);
    }

    private async Task<VectorSpace?> ReadAsync(string space, Known known)
    {
        try
        {
            RedisValue note = await redis.RunAsync("hget", database => database.HashGetAsync(redis.Keys.VectorSpaces, space));
            VectorSpace? found = note.IsNull ? null : VectorSpace.TryRead(note!);
            if (found is null && known.State != State.None)
                await TellNoneAsync(space, known);
            else if (found is not null && found.Generation != known.Found?.Generation)
                Log.VectorsFound(log, redis.Address, found.Items, space, found.Shards);
            known.State = found is null ? State.None : State.Found;
            known.Found = found;
            known.ReadAt = time.GetTimestamp();
            return found;
        }
        catch (StoreException e)
        {
            if (known.State != State.Failed)
                Log.VectorsNotRead(log, redis.Address, e.Failure);
            known.State = State.Failed;
            if (known.ReadAt is null)
                throw;
            // What is known stays; it is asked for again after a while.
            known.ReadAt = time.GetTimestamp();
            return known.Found;
        }
    }

    private async Task TellNoneAsync(string space, Known known)
    {
        if (known.State != State.None && !await HasVectorSetsAsync(redis))
            Log.NoVectorSets(log, redis.Address);
        else
            Log.NoVectorsOfSpace(log, redis.Address, space);
    }

    /// <summary>Whether a Redis knows vector sets.</summary>
    /// <exception cref="StoreException">It does not answer.</exception>
    public static async ValueTask<bool> HasVectorSetsAsync(RedisConnection redis)
    {
        RedisResult answer = await redis.RunAsync("command_info", static database => database.ExecuteAsync("COMMAND", "INFO", "VSIM"));
        return ((RedisResult[]?)answer) is { Length: > 0 } commands && !commands[0].IsNull;
    }

    private enum State
    {
        Unknown,
        Found,
        None,
        Failed,
    }

    /// <summary>What is known of one space. Written by the one reading that is under way.</summary>
    private sealed class Known
    {
        private long _readAt = long.MinValue;

        public volatile VectorSpace? Found;

        public volatile State State;

        public Task<VectorSpace?>? Reading { get; set; }

        public long? ReadAt
        {
            get => Volatile.Read(ref _readAt) is var at && at == long.MinValue ? null : at;
            set => Volatile.Write(ref _readAt, value!.Value);
        }
    }
}
