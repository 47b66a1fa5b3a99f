using System.Net;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Inference.Storage.Redis;

/// <summary>
/// Keeps a link to Redis, for ever. One loop, which alone decides:
/// <list type="number">
/// <item>Probe the link. A silent one is not used, and is used again with the first answer.</item>
/// <item>A link that stays silent or away, or whose master is another one by now, or that has no way to a node for a while, is replaced: a new one is opened beside it (which asks DNS and the Sentinels afresh), with exponential
/// backoff and jitter between attempts. Until that succeeds the old one stays, since a frozen Redis goes on where it stopped.</item>
/// <item>A new link gets all subscriptions; then it is used, then everybody hears that Redis is back.</item>
/// </list>
/// </summary>
internal sealed class RedisSupervisor : IAsyncDisposable
{
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(1), ProbeIntervalUnwell = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ReplaceAfter = TimeSpan.FromSeconds(1), FirstBackoff = TimeSpan.FromMilliseconds(100), LongestBackoff = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MasterCheckInterval = TimeSpan.FromSeconds(5);

    /// <summary>Commands without a node that are further apart have nothing to do with each other.</summary>
    private static readonly TimeSpan UnservedApart = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LongestUnservedPatience = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly RedisConnector _connector;
    private readonly RedisSubscriptions _subscriptions;
    private readonly RedisOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Func<Task> _restored;
    private readonly TimeSpan _patience;
    private readonly Task _loop;
    // The jitter only has to differ between replicas.
    private readonly Random _jitter = new(Guid.NewGuid().GetHashCode());
    private volatile RedisLink? _link;
    private volatile bool _readOnly, _masterMoved;
    private volatile bool _reconnected;
    private Task<RedisLink>? _connecting;
    private long _nextAttempt, _nextMasterCheck;
    private long _unservedSince, _lastUnserved;
    private TimeSpan _unservedPatience = ReplaceAfter;
    private int _failures;
    private bool _wasUsable;

    /// <param name="restored">Called, one call at a time, whenever Redis has come back: also the first time.</param>
    public RedisSupervisor(RedisConnector connector, RedisSubscriptions subscriptions, RedisOptions options, TimeProvider time, ILogger log, Func<Task> restored)
    {
        _connector = connector;
        _subscriptions = subscriptions;
        _options = options;
        _time = time;
        _log = log;
        _restored = restored;
        _patience = TimeSpan.FromMilliseconds(Math.Max(500, 2 * options.CommandTimeout.TotalMilliseconds));
        _loop = Task.Run(SuperviseAsync);
    }

    /// <summary>The link to use; null before the first one.</summary>
    public RedisLink? Link => _link;

    /// <summary>Makes the loop look at the link now: a command got no answer, or there is something to subscribe to.</summary>
    public void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
        catch (ObjectDisposedException)
        {
            // It has ended.
        }
    }

    /// <summary>
    /// A command found no node that would take it, though the link looks well: on a cluster, a master died and its successor is not known. The client would look again once a minute.
    /// </summary>
    public void ReportUnserved()
    {
        long now = _time.GetTimestamp();
        if (_time.GetElapsedTime(Interlocked.Exchange(ref _lastUnserved, now), now) > UnservedApart)
            Volatile.Write(ref _unservedSince, now);
        Wake();
    }

    /// <summary>The master was demoted: the new one has to be found.</summary>
    public void ReportReadOnly()
    {
        _readOnly = true;
        Wake();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        if (_connecting is { } connecting)
            _ = CloseLateAsync(connecting);
        if (_link is { } link)
            await RedisConnector.CloseAsync(link.Multiplexer);
        _wake.Dispose();
        _stop.Dispose();
    }

    private static async Task CloseLateAsync(Task<RedisLink> connecting)
    {
        try
        {
            await RedisConnector.CloseAsync((await connecting).Multiplexer);
        }
        catch (Exception)
        {
            // It failed by itself.
        }
    }

    private async Task SuperviseAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await LookAsync();
                await PauseAsync();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e)
            {
                // Whatever it was, giving Redis up for ever would be worse.
                Log.SupervisionFailed(_log, e);
                await Task.Delay(ProbeInterval, _time);
            }
        }
    }

    private async Task LookAsync()
    {
        RedisLink? link = _link;
        if (link is not null)
        {
            await link.ProbeAsync(_subscriptions.Any);
            await NoteAsync(link);
        }

        if (_connecting is null && _time.GetTimestamp() >= _nextAttempt && NeedsLink(link))
        {
            _readOnly = _masterMoved = false;
            _connecting = OpenAsync();
            _ = _connecting.ContinueWith(_ => Wake(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        if (_connecting is { IsCompleted: true } ended)
        {
            _connecting = null;
            await TakeAsync(ended);
        }
    }

    /// <summary>Tells the change between answering and not, and gives an answering link what it lacks.</summary>
    private async Task NoteAsync(RedisLink link)
    {
        bool usable = link.IsUsable;
        if (usable && (!_wasUsable || _reconnected))
        {
            // A client that reconnected by itself has told its subscriptions again before this probe went out.
            _reconnected = false;
            if (!_wasUsable)
                Log.RedisAnswers(_log, _connector.Address);
            await _restored();
        }
        else if (!usable && _wasUsable)
        {
            Log.RedisSilent(_log, _connector.Address);
        }

        _wasUsable = usable;
        if (usable)
            await _subscriptions.ApplyAsync(link);
    }

    private bool NeedsLink(RedisLink? link)
    {
        if (link is null || _readOnly || _masterMoved || link.UnwellFor > ReplaceAfter || IsUnserved())
            return true;
        if (link.Master is not null && _time.GetTimestamp() >= _nextMasterCheck)
        {
            _nextMasterCheck = Later(MasterCheckInterval);
            _ = CheckMasterAsync(link.Master);
        }

        return false;
    }

    /// <summary>Beside the loop, since Sentinels may be slow to answer.</summary>
    private async Task CheckMasterAsync(EndPoint ours)
    {
        try
        {
            if (!ours.Equals(await _connector.FindMasterAsync()))
            {
                _masterMoved = true;
                Wake();
            }
        }
        catch (Exception)
        {
            // Without Sentinels there is no failover, and the master that we have is the master.
        }
    }

    /// <summary>Whether commands have found no node for so long that a fresh look at the cluster is worth it; each look that did not help doubles the time to the next.</summary>
    private bool IsUnserved()
    {
        long since = Volatile.Read(ref _unservedSince), last = Volatile.Read(ref _lastUnserved);
        if (_time.GetElapsedTime(last) > UnservedApart)
        {
            _unservedPatience = ReplaceAfter;
            return false;
        }

        if (_time.GetElapsedTime(since, last) < _unservedPatience)
            return false;
        _unservedPatience = TimeSpan.FromTicks(Math.Min(2 * _unservedPatience.Ticks, LongestUnservedPatience.Ticks));
        Volatile.Write(ref _unservedSince, _time.GetTimestamp());
        return true;
    }

    private async Task<RedisLink> OpenAsync()
    {
        EndPoint? master = await _connector.FindMasterAsync();
        ConnectionMultiplexer multiplexer = await _connector.ConnectAsync(master);
        return new RedisLink(multiplexer, master, _options.Database, _patience, _time);
    }

    private async Task TakeAsync(Task<RedisLink> ended)
    {
        RedisLink opened;
        try
        {
            opened = await ended;
        }
        catch (Exception e)
        {
            if (_failures++ == 0)
                Log.RedisUnreachable(_log, _connector.Address, e);
            double backoff = Math.Min(LongestBackoff.TotalMilliseconds, FirstBackoff.TotalMilliseconds * Math.Pow(2, Math.Min(_failures - 1, 10)));
            _nextAttempt = Later(TimeSpan.FromMilliseconds(backoff * (0.5 + (0.5 * _jitter.NextDouble()))));
            return;
        }

        opened.Multiplexer.ConnectionRestored += (_, _) =>
        {
            _reconnected = true;
            Wake();
        };
        await _subscriptions.ApplyAsync(opened);
        RedisLink? former = _link;
        _link = opened;
        _failures = 0;
        _wasUsable = true;
        _reconnected = false;
        // A link that proves no better must not be replaced in a hurry.
        _nextAttempt = Later(LongestBackoff);
        _nextMasterCheck = Later(MasterCheckInterval);
        Log.RedisConnected(_log, _connector.Address);
        if (former is not null)
            _ = former.CloseAsync(_options.CommandTimeout);
        await _restored();
    }

    private Task PauseAsync()
    {
        bool well = _link is { IsUsable: true } link && link.UnwellFor == TimeSpan.Zero;
        return _wake.WaitAsync(well ? ProbeInterval : ProbeIntervalUnwell, _stop.Token);
    }

    private long Later(TimeSpan by) => _time.GetTimestamp() + (long)(by.TotalSeconds * _time.TimestampFrequency);
}
