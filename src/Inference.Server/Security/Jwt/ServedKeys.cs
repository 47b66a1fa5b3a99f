using Inference.Server.Options;

namespace Inference.Server.Security.Jwt;

/// <summary>
/// The keys that tokens are checked with now. They are fetched at the start, now and then, and when a token names one that is not there; a fetch that fails leaves those of before. No call waits for longer
/// than a fetch may take, only a few calls wait at all, and tokens with made-up keys cannot cause more than a fetch in a while.
/// </summary>
internal sealed class ServedKeys(JwtOptions options, TimeProvider time, SecurityMetrics metrics, ILogger<ServedKeys> log) : BackgroundService
{
    /// <summary>Most calls that wait for a fetch; more are refused at once.</summary>
    private const int MostWaiting = 64;

    private readonly KeySource _source = new(options);
    private readonly Lock _lock = new();
    private volatile SigningKeys? _current;
    private Task? _fetch;
    private long _fetchedAt;
    private bool _wasFetched;
    private int _waiting;

    /// <summary>The keys; null as long as there were none.</summary>
    public SigningKeys? Current => _current;

    /// <summary>Fetches the keys because one is missing, unless that was tried a moment ago; returns when it has been, or has taken too long.</summary>
    /// <returns>Whether there may be other keys now.</returns>
    public async ValueTask<bool> RefetchAsync()
    {
        Task fetch;
        lock (_lock)
        {
            if (_fetch is null)
            {
                if (_wasFetched && time.GetElapsedTime(_fetchedAt) < options.RefetchInterval)
                    return false;
                Begin();
            }

            fetch = _fetch!;
        }

        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return false;
        }

        try
        {
            await fetch.WaitAsync(options.FetchTimeout, time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _source.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            Task fetch;
            lock (_lock)
            {
                if (_fetch is null)
                    Begin();
                fetch = _fetch!;
            }

            await fetch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Without keys no token is taken, so that is tried again soon.
            await Task.Delay(_current is null ? options.RefetchInterval : options.RefreshInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Begin()
    {
        _wasFetched = true;
        _fetchedAt = time.GetTimestamp();
        // Not on the thread of whoever asked: what comes before the first wait would be done under the lock.
        _fetch = Task.Run(FetchAsync);
    }

    private async Task FetchAsync()
    {
        SigningKeys? read = null;
        try
        {
            (string? text, string problem) = await _source.ReadAsync(CancellationToken.None);
            read = text is null ? null : text == _current?.Text ? _current : SigningKeys.TryRead(text, out problem);
            if (read is null)
                Log.KeysFailed(log, options.Keys, problem);
            else if (read != _current)
                Log.KeysTaken(log, read.All.Count, options.Keys);
        }
        finally
        {
            metrics.Fetched(read is not null);
            lock (_lock)
            {
                _current = read ?? _current;
                _fetch = null;
            }
        }
    }
}
