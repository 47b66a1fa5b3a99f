using System.Threading.Channels;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;
using Inference.Storage.Redis;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Inference.Storage.Events;

/// <summary>
/// Brings events to Redis: a bounded buffer, and one sender that works in rounds. Each round
/// <list type="number">
/// <item>takes up what waits, up to a number, and leaves out the events of users forgotten meanwhile</item>
/// <item>appends the events to the stream, in one step</item>
/// <item>records those that the stream has with their users, a script for each user, all under way together</item>
/// <item>tells the other replicas what was new, in one message</item>
/// </list>
/// What fails is tried again, after a pause that grows, until Redis has it; so an event reaches the stream at least once, and the events of one user in order. An event that
/// Redis goes on refusing while it takes others is dropped, so that it holds up nobody.
/// </summary>
internal sealed class Outbox : IAsyncDisposable
{
    /// <summary>Most events of a round; a round waits for three answers of Redis.</summary>
    private const int RoundSize = 512;

    /// <summary>Events that may wait while Redis is well, however small the buffer for outages is.</summary>
    private const int FairWeatherRoom = 4_096;

    private const int MostRefusals = 20;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(20), LongestPause = TimeSpan.FromSeconds(1);

    private readonly RedisConnection _redis;
    private readonly EventStream _stream;
    private readonly RecordedEventsStore _store;
    private readonly Func<UserKey, bool> _isForgotten;
    private readonly Action<IReadOnlyCollection<OutboxEvent>> _settled;
    private readonly int _room;
    private readonly StorageMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Channel<OutboxEvent> _queue = Channel.CreateUnbounded<OutboxEvent>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SemaphoreSlim _round = new(1);
    private readonly CancellationTokenSource _abandoned = new();
    private readonly IDisposable _restored;
    private readonly Task _sending;
    private volatile TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isWell = true;
    private int _length;

    /// <param name="isForgotten">Whether a user is known to be forgotten.</param>
    /// <param name="settled">Gets the events that Redis has spoken on; runs in the sender.</param>
    public Outbox(
        RedisConnection redis, EventStream stream, RecordedEventsStore store, Func<UserKey, bool> isForgotten, Action<IReadOnlyCollection<OutboxEvent>> settled,
        int room, StorageMetrics metrics, TimeProvider time, ILogger log)
    {
        (_redis, _stream, _store, _isForgotten, _settled, _room, _metrics, _time, _log) = (redis, stream, store, isForgotten, settled, room, metrics, time, log);
        metrics.WatchQueue("events", () => Volatile.Read(ref _length));
        _restored = redis.OnRestored(() => _wake.TrySetResult());
        _sending = SendAsync();
    }

    /// <summary>Events that Redis has not taken.</summary>
    public int Length => Volatile.Read(ref _length);

    /// <summary>Takes in an event.</summary>
    /// <returns>False when the buffer is full, or closed.</returns>
    public bool TryAdd(OutboxEvent item)
    {
        int room = _isWell ? Math.Max(_room, FairWeatherRoom) : _room;
        if (Interlocked.Increment(ref _length) <= room && _queue.Writer.TryWrite(item))
            return true;
        Interlocked.Decrement(ref _length);
        return false;
    }

    /// <summary>Waits until no round that began before is under way.</summary>
    public async Task RoundEndedAsync(CancellationToken cancellationToken)
    {
        await _round.WaitAsync(cancellationToken);
        _round.Release();
    }

    /// <summary>Takes in nothing more, and waits until Redis has everything or the caller gives up: what is left then is dropped, and counted.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        _wake.TrySetResult();
        await using (cancellationToken.Register(static source => ((CancellationTokenSource)source!).Cancel(), _abandoned))
            await _sending;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _abandoned.CancelAsync();
        await _sending;
        _restored.Dispose();
    }

    private async Task SendAsync()
    {
        // Off the caller's thread.
        await Task.Yield();
        var working = new List<OutboxEvent>();
        TimeSpan pause = ShortestPause;
        while (!_abandoned.IsCancellationRequested)
        {
            while (working.Count < RoundSize && _queue.Reader.TryRead(out OutboxEvent? next))
                working.Add(next);
            if (working.Count == 0)
            {
                if (!await MoreAsync())
                    return;
                continue;
            }

            TaskCompletionSource wake = _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _isWell = await RoundAsync(working);
            int settled = working.RemoveAll(static item => item.Outcome is not null);
            Interlocked.Add(ref _length, -settled);
            if (_isWell)
            {
                pause = ShortestPause;
                continue;
            }

            await PauseAsync(pause, wake.Task);
            pause = settled > 0 ? ShortestPause : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
        }

        Abandon(working);
    }

    private async Task<bool> MoreAsync()
    {
        try
        {
            return await _queue.Reader.WaitToReadAsync(_abandoned.Token);
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private async Task PauseAsync(TimeSpan pause, Task wake)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_abandoned.Token);
        await Task.WhenAny(Task.Delay(pause, _time, either.Token), wake);
        await either.CancelAsync();
    }

    /// <returns>Whether Redis took everything.</returns>
    private async Task<bool> RoundAsync(List<OutboxEvent> working)
    {
        await _round.WaitAsync();
        try
        {
            foreach (OutboxEvent item in working)
            {
                if (!item.User.IsNobody && _isForgotten(item.User.Key))
                    item.Settle(Verdict.Refused);
            }

            bool all = await AppendAsync([.. working.Where(static item => item is { Outcome: null, IsInStream: false })]);
            all &= await RecordAsync([.. working.Where(static item => item is { Outcome: null, IsInStream: true })]);
            OutboxEvent[] settled = [.. working.Where(static item => item.Outcome is not null)];
            if (settled.Length > 0)
                _settled(settled);
            await PublishAsync(settled);
            return all;
        }
        catch (Exception e)
        {
            // Events must not be lost to a fault of ours; they are tried again.
            Log.OutboxFailed(_log, e);
            return false;
        }
        finally
        {
            _round.Release();
        }
    }

    private async Task<bool> AppendAsync(OutboxEvent[] events)
    {
        if (events.Length == 0)
            return true;
        try
        {
            await _stream.AppendAsync(events);
        }
        catch (StoreException)
        {
            return false;
        }

        foreach (OutboxEvent item in events)
        {
            item.IsInStream = true;
            // Nothing is kept of an anonymous session.
            if (item.User.IsNobody)
                item.Settle(Verdict.New);
        }

        return true;
    }

    private async Task<bool> RecordAsync(OutboxEvent[] events)
    {
        if (events.Length == 0)
            return true;
        OutboxEvent[][] users = [.. events.Where(static item => item.Outcome is null).GroupBy(static item => item.User.Key).Select(static user => user.ToArray())];
        var failures = new StoreFailure[users.Length];
        await Task.WhenAll(users.Select(async (user, i) => failures[i] = await RecordOneAsync(user)));
        if (!failures.Contains(StoreFailure.None))
            return users.Length == 0;
        // Redis is well, so what it refuses of these it will refuse again; a memory that is full may still be made room in.
        foreach (OutboxEvent item in Enumerable.Range(0, users.Length).Where(i => failures[i] == StoreFailure.Refused).SelectMany(i => users[i]))
        {
            if (++item.Refusals >= MostRefusals)
                Drop(item);
        }

        return failures.All(static failure => failure == StoreFailure.None);
    }

    private async Task<StoreFailure> RecordOneAsync(OutboxEvent[] events)
    {
        try
        {
            await _store.RecordAsync(events);
            return StoreFailure.None;
        }
        catch (StoreException e)
        {
            if (e.Failure is not (StoreFailure.Unavailable or StoreFailure.Refused))
            {
                foreach (OutboxEvent item in events)
                    item.IsUnsure = true;
            }

            return e.Failure;
        }
    }

    private async Task PublishAsync(OutboxEvent[] settled)
    {
        (UserKey, byte[])[] news = [.. settled.Where(static item => item.Outcome == Verdict.New).Select(static item => (item.User.Key, item.Entry))];
        if (news.Length == 0)
            return;
        try
        {
            await _redis.PublishAsync(_redis.Keys.EventsChannel, EventMessage.OfEvents(_store.Sender, news));
        }
        catch (StoreException)
        {
            // Counted by the connection. Whoever missed it reads the users again within their freshness.
        }
    }

    private void Drop(OutboxEvent item)
    {
        item.Settle(Verdict.Dropped);
        _metrics.EventsDropped(1);
        _metrics.Dropped("events");
    }

    private void Abandon(List<OutboxEvent> working)
    {
        while (_queue.Reader.TryRead(out OutboxEvent? next))
            working.Add(next);
        if (working.Count == 0)
            return;
        foreach (OutboxEvent item in working)
            Drop(item);
        Interlocked.Add(ref _length, -working.Count);
        Log.EventsAbandoned(_log, working.Count);
    }
}
