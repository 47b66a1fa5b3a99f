using System.Threading.Channels;
using Inference.Recommendations.Decisions;
using Inference.Recommendations.Ports;
using Inference.Storage.Redis;
using StackExchange.Redis;

namespace Inference.Storage.Decisions;

/// <summary>
/// Brings decisions to a stream in Redis, an entry with the field line each, without users: entries of a stream cannot be changed, so there would be no forgetting. A bounded queue, and one sender; what finds
/// the queue full or Redis away is dropped and counted. Safe for concurrent use.
/// </summary>
internal sealed class DecisionStream : IAsyncDisposable
{
    private const string Sink = "redis";
    private const int MostAtOnce = 64;

    private readonly Channel<Decision> _queue = Channel.CreateUnbounded<Decision>(new UnboundedChannelOptions { SingleReader = true });
    private readonly DecisionOptions _options;
    private readonly RedisConnection _redis;
    private readonly DecisionMetrics _metrics;
    private readonly DecisionLines _lines = new(withUsers: false);
    private readonly Task _sending;
    private volatile bool _isAbandoned;
    private int _length;

    public DecisionStream(DecisionOptions options, RedisConnection redis, DecisionMetrics metrics)
    {
        (_options, _redis, _metrics) = (options, redis, metrics);
        metrics.WatchStream(() => Volatile.Read(ref _length));
        _sending = Task.Run(SendAsync);
    }

    /// <summary>Takes in a decision; returns at once.</summary>
    public void Add(Decision decision)
    {
        if (_redis.Status == RedisStatus.Connecting)
        {
            _metrics.Lost(Sink, "failed", 1);
            return;
        }

        if (Interlocked.Increment(ref _length) <= _options.QueueLength && _queue.Writer.TryWrite(decision))
            return;
        Interlocked.Decrement(ref _length);
        _metrics.Lost(Sink, "full", 1);
    }

    /// <summary>Takes in nothing more, and waits until everything is sent or the caller gives up; what is left then is dropped, and counted.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        await using (cancellationToken.Register(() => _isAbandoned = true))
            await _sending;
    }

    public async ValueTask DisposeAsync()
    {
        _isAbandoned = true;
        _queue.Writer.TryComplete();
        await _sending;
        _lines.Dispose();
    }

    private async Task SendAsync()
    {
        var batch = new List<RedisValue>(MostAtOnce);
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < MostAtOnce && _queue.Reader.TryRead(out Decision? decision))
            {
                _lines.Clear();
                _lines.Append(decision);
                batch.Add(_lines.Bytes[..^1].ToArray());
            }

            try
            {
                if (_isAbandoned)
                    throw new StoreException(StoreFailure.Unavailable, "The server ends.");
                await _redis.RunAsync("xadd", database => SendAsync(database, batch));
                _metrics.Wrote(Sink, "decision", batch.Count);
            }
            catch (StoreException)
            {
                _metrics.Lost(Sink, "failed", batch.Count);
            }

            Interlocked.Add(ref _length, -batch.Count);
        }
    }

    private async Task<int> SendAsync(IDatabase database, List<RedisValue> batch)
    {
        var sent = new Task[batch.Count];
        for (int i = 0; i < sent.Length; i++)
            sent[i] = database.ExecuteAsync("XADD", _redis.Keys.Decisions, "MAXLEN", "~", _options.RedisLength, "*", "line", batch[i]);
        await Task.WhenAll(sent);
        return sent.Length;
    }
}
