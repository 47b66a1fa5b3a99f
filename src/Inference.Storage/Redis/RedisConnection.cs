using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Inference.Recommendations.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Polly;
using StackExchange.Redis;

namespace Inference.Storage.Redis;

/// <summary>
/// The way to Redis: standalone, Redis Cluster, or behind Sentinels. It is there at once and connects in the background, for ever; while Redis is away every call fails at once.
/// All failures are <see cref="StoreException"/>s, and none takes longer than <see cref="RedisOptions.CommandTimeout"/>. Safe for concurrent use.
/// </summary>
/// <remarks>Continuations never run on the client's own threads, so what follows an answer does not hold up the answers behind it.</remarks>
public sealed class RedisConnection : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly RedisOptions _options;
    private readonly StorageMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly RedisBreaker _breaker;
    private readonly RedisSubscriptions _subscriptions;
    private readonly RedisSupervisor _supervisor;
    private readonly RedisConnector _connector;
    private readonly CoalescedReads _reads;
    private readonly RedisSpan _span;
    private volatile Action[] _restored = [];
    private volatile bool _disposed;

    /// <param name="options">With a configuration.</param>
    /// <param name="isStore">Whether it is the one whose state metrics and status tell of.</param>
    /// <exception cref="ArgumentException">The configuration cannot be read.</exception>
    public RedisConnection(RedisOptions options, StorageMetrics metrics, TimeProvider time, ILogger<RedisConnection> log, bool isStore = true)
    {
        _options = options;
        _metrics = metrics;
        _time = time;
        _log = log;
        Keys = new RedisKeys(options.Prefix);
        _connector = new RedisConnector(options, time);
        _span = new RedisSpan(_connector.Address, options.Database);
        _breaker = new RedisBreaker(options, time, log);
        _reads = new CoalescedReads(keys => RunAsync("mget", keys, static (database, keys) => database.StringGetAsync(keys)));
        _subscriptions = new RedisSubscriptions(options.CommandTimeout, time, log);
        _supervisor = new RedisSupervisor(_connector, _subscriptions, options, time, log, OnRestoredAsync);
        if (isStore)
            metrics.WatchStatus(() => Status);
    }

    /// <summary>Connects for a tool, which has no use for a connection that is not there.</summary>
    /// <param name="patience">How long to try.</param>
    /// <exception cref="StoreException">It could not be reached.</exception>
    /// <exception cref="ArgumentException">The configuration cannot be read.</exception>
    public static async Task<RedisConnection> ConnectAsync(RedisOptions options, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        var restored = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var connection = new RedisConnection(options, new StorageMetrics(new Meter(StorageMetrics.MeterName)), time, NullLogger<RedisConnection>.Instance);
        try
        {
            using IDisposable listening = connection.OnRestored(() => restored.TrySetResult());
            if (connection.Status != RedisStatus.Connected)
                await restored.Task.WaitAsync(patience, time, cancellationToken);
            return connection;
        }
        catch (Exception e)
        {
            await connection.DisposeAsync();
            if (e is TimeoutException)
                throw new StoreException(StoreFailure.Unavailable, $"Redis at {connection.Address} could not be reached within {patience.TotalSeconds:0} s.", e);
            throw;
        }
    }

    /// <summary>Names of keys and channels.</summary>
    public RedisKeys Keys { get; }

    /// <summary>How it was configured.</summary>
    internal RedisOptions Options => _options;

    /// <summary>Where Redis is, without secrets.</summary>
    public string Address => _connector.Address;

    /// <summary>How it stands; never <see cref="RedisStatus.None"/>.</summary>
    public RedisStatus Status => _supervisor.Link is not { IsUsable: true } ? RedisStatus.Connecting : _breaker.IsOpen ? RedisStatus.Resting : RedisStatus.Connected;

    /// <summary>Runs one command.</summary>
    /// <param name="operation">Its name in metrics, out of a closed set, such as "get" or "append_event".</param>
    /// <param name="command">Sends the command; on Redis Cluster all its keys must share a slot. May be called not at all.</param>
    /// <param name="cancellationToken">Gives up waiting; the command goes on.</param>
    /// <exception cref="StoreException">It failed; it may have been carried out all the same, unless the failure is <see cref="StoreFailure.Unavailable"/> or <see cref="StoreFailure.Refused"/>.</exception>
    public ValueTask<T> RunAsync<T>(string operation, Func<IDatabase, Task<T>> command, CancellationToken cancellationToken = default) =>
        WaitAsync(RunAsync(operation, command, static (database, command) => command(database)), cancellationToken);

    /// <summary>Runs one command; as above, without a closure.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<T> RunAsync<T, TState>(string operation, TState state, Func<IDatabase, TState, Task<T>> command)
    {
        if (_disposed || _supervisor.Link is not { IsUsable: true } link)
        {
            _metrics.Ran(operation, null, StoreFailure.Unavailable);
            throw new StoreException(StoreFailure.Unavailable, "Redis is not connected.");
        }

        using Activity? span = _span.Begin(operation, state);
        var sent = new Sent<T, TState>(this, link, state, command);
        long start = _time.GetTimestamp();
        Outcome<T> outcome = await _breaker.RunAsync(static (_, sent) => sent.RunAsync(), sent);
        if (outcome.Exception is not { } exception)
        {
            _metrics.Ran(operation, _time.GetElapsedTime(start), null);
            return outcome.Result!;
        }

        StoreException failure = RedisFailures.ToStoreException(exception);
        RedisSpan.Failed(span, failure.Failure);
        _metrics.Ran(operation, sent.WasSent ? _time.GetElapsedTime(start) : null, failure.Failure);
        if (failure.Failure is StoreFailure.Timeout)
            _supervisor.Wake();
        else if (sent.WasSent && failure.Failure is (StoreFailure.Connection or StoreFailure.Unavailable))
            _supervisor.ReportUnserved();
        else if (RedisFailures.IsReadOnly(failure))
            _supervisor.ReportReadOnly();
        throw failure;
    }

    /// <summary>Reads a string. Reads of concurrent callers join: one goes out at once when none is under way, and what comes meanwhile is the next MGET.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The value; null (<see cref="RedisValue.IsNull"/>) when there is none, or something that is not a string.</returns>
    /// <exception cref="StoreException">It failed.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<RedisValue> GetAsync(RedisKey key, CancellationToken cancellationToken = default) => (await GetAsync([key], cancellationToken))[0];

    /// <summary>Reads several strings at once; as above.</summary>
    /// <param name="keys">Of one user, so that they share a slot. Not changed until the call has ended.</param>
    /// <returns>A value for each key.</returns>
    public ValueTask<RedisValue[]> GetAsync(RedisKey[] keys, CancellationToken cancellationToken = default)
    {
        // Keys of two users rarely share a slot, and the client pipelines: on a cluster there is nothing to join.
        if (_supervisor.Link is { IsCluster: true })
            return RunAsync("mget", database => database.StringGetAsync(keys), cancellationToken);
        return WaitAsync(_reads.GetAsync(keys), cancellationToken);
    }

    /// <summary>Sends a message to all that are subscribed.</summary>
    /// <returns>How many received it; on a cluster, how many of one node.</returns>
    /// <exception cref="StoreException">It failed.</exception>
    public ValueTask<long> PublishAsync(RedisChannel channel, RedisValue message, CancellationToken cancellationToken = default) =>
        RunAsync("publish", database => database.PublishAsync(channel, message), cancellationToken);

    /// <summary>From now on messages of a channel come to the handler, in order, from soon after Redis is reached and through all reconnects. What is sent while there is no connection is lost.</summary>
    /// <param name="handler">Quick and without waiting: it runs on the client's thread. What it throws is logged.</param>
    /// <returns>Ends it.</returns>
    public IDisposable Subscribe(RedisChannel channel, Action<RedisValue> handler)
    {
        IDisposable subscription = _subscriptions.Add(channel, handler);
        _supervisor.Wake();
        return subscription;
    }

    /// <summary>Calls back whenever Redis has come back, also the first time: messages may have been lost, so what memory holds is not to be believed. Subscriptions hold again by then.</summary>
    /// <returns>Ends it.</returns>
    public IDisposable OnRestored(Action callback)
    {
        lock (_gate)
            _restored = [.. _restored, callback];
        return new Ending(this, callback);
    }

    /// <summary>Closes the connection; all that is under way fails.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        await _supervisor.DisposeAsync();
    }

    private static ValueTask<T> WaitAsync<T>(ValueTask<T> run, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled || run.IsCompleted)
            return run;
        Task<T> task = run.AsTask();
        task.Forget();
        return new ValueTask<T>(task.WaitAsync(cancellationToken));
    }

    private async Task OnRestoredAsync()
    {
        await _breaker.CloseAsync();
        foreach (Action callback in _restored)
        {
            try
            {
                callback();
            }
            catch (Exception e)
            {
                // The other listeners need to know as well.
                Log.RestoredListenerFailed(_log, e);
            }
        }
    }

    private void Remove(Action callback)
    {
        lock (_gate)
            _restored = [.. _restored.Where(other => other != callback)];
    }

    /// <summary>One command under way.</summary>
    private sealed class Sent<T, TState>(RedisConnection connection, RedisLink link, TState state, Func<IDatabase, TState, Task<T>> command)
    {
        public bool WasSent { get; private set; }

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        public async ValueTask<Outcome<T>> RunAsync()
        {
            WasSent = true;
            try
            {
                Task<T> answer = command(link.Database, state);
                answer.Forget();
                T result = await answer.WaitAsync(connection._options.CommandTimeout, connection._time);
                // Off the client's thread.
                await Task.Yield();
                return Outcome.FromResult(result);
            }
            catch (Exception e)
            {
                return Outcome.FromException<T>(RedisFailures.ToStoreException(e));
            }
        }
    }

    private sealed class Ending(RedisConnection connection, Action callback) : IDisposable
    {
        public void Dispose() => connection.Remove(callback);
    }
}
