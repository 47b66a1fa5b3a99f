using System.Diagnostics;
using System.Runtime.CompilerServices;
using Inference.Recommendations;
using Inference.Recommendations.Ports;
using StackExchange.Redis;

namespace Inference.Storage.Redis;

/// <summary>
/// Joins reads into MGETs without a timer: a read goes out at once when none is under way; what comes meanwhile is the next MGET, up to a bound.
/// An idle server adds no delay, a loaded one makes one round trip for many users. The bound keeps one long answer from holding up all commands behind it on the connection.
/// </summary>
/// <param name="read">Reads keys: one value each. Fails with <see cref="StoreException"/> only.</param>
/// <param name="maxKeys">Most keys of one MGET; a single call may exceed it.</param>
internal sealed class CoalescedReads(Func<RedisKey[], ValueTask<RedisValue[]>> read, int maxKeys = 128)
{
    private readonly Lock _gate = new();
    private readonly Queue<Read> _waiting = new();
    private bool _busy;

    /// <summary>Reads keys: one value each.</summary>
    public ValueTask<RedisValue[]> GetAsync(RedisKey[] keys)
    {
        Read? waiting = null;
        lock (_gate)
        {
            if (_busy)
                _waiting.Enqueue(waiting = new Read(keys));
            _busy = true;
        }

        return waiting is null ? ReadNowAsync(keys) : new ValueTask<RedisValue[]>(waiting.Task);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<RedisValue[]> ReadNowAsync(RedisKey[] keys)
    {
        bool timedOut = false;
        try
        {
            return await read(keys);
        }
        catch (StoreException e)
        {
            timedOut = e.Failure == StoreFailure.Timeout;
            throw;
        }
        finally
        {
            Next(timedOut);
        }
    }

    /// <summary>Sends what waits, or fails it when the one before got no answer: it has waited as long.</summary>
    private void Next(bool timedOut)
    {
        List<Read> batch;
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _busy = false;
                return;
            }

            batch = [];
            int keys = 0;
            while (_waiting.TryPeek(out Read? next) && (timedOut || keys == 0 || keys + next.Keys.Length <= maxKeys))
            {
                keys += next.Keys.Length;
                batch.Add(_waiting.Dequeue());
            }

            _busy = !timedOut;
        }

        if (!timedOut)
        {
            _ = SendAsync(batch);
            return;
        }

        foreach (Read late in batch)
            late.Fail(new StoreException(StoreFailure.Timeout, "Redis did not answer the read before this one in time."));
    }

    private async Task SendAsync(List<Read> batch)
    {
        bool timedOut = false;
        // This runs where another caller's read ended: its span is not theirs.
        Activity.Current = null;
        using Activity? span = JoinedSpan(batch);
        try
        {
            RedisKey[] keys = batch.Count == 1 ? batch[0].Keys : [.. batch.SelectMany(static waiting => waiting.Keys)];
            RedisValue[] values = await read(keys);
            int start = 0;
            foreach (Read waiting in batch)
            {
                waiting.Complete(values.AsSpan(start, waiting.Keys.Length));
                start += waiting.Keys.Length;
            }
        }
        catch (Exception e)
        {
            timedOut = e is StoreException { Failure: StoreFailure.Timeout };
            foreach (Read waiting in batch)
                waiting.Fail(e);
        }
        finally
        {
            Next(timedOut);
        }
    }

    /// <summary>A span under the first caller that is traced, with links to the others: one command answers them all.</summary>
    private static Activity? JoinedSpan(List<Read> batch)
    {
        if (batch.Find(static read => read.Caller is not null) is not { } first)
            return null;
        IEnumerable<ActivityLink> others = batch.Where(read => read.Caller is not null && read != first).Select(static read => new ActivityLink(read.Caller!.Context));
        return Log.Activities.StartActivity("joined_read", ActivityKind.Internal, first.Caller!.Context, links: [.. others]);
    }

    private sealed class Read(RedisKey[] keys) : TaskCompletionSource<RedisValue[]>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public RedisKey[] Keys { get; } = keys;

        /// <summary>The caller's span; null where it is not traced.</summary>
        public Activity? Caller { get; } = Spans.AreWanted(Log.Activities) ? Activity.Current : null;

        public void Complete(ReadOnlySpan<RedisValue> values) => TrySetResult(values.ToArray());

        public void Fail(Exception exception)
        {
            TrySetException(exception);
            _ = Task.Exception;
        }
    }
}
