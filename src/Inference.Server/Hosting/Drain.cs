using Inference.Server.Options;

namespace Inference.Server.Hosting;

/// <summary>
/// How the server stops:
/// <list type="number">
/// <item>it reports NOT_SERVING and still takes calls for the readiness grace</item>
/// <item>Kestrel takes no new connection and tells clients to go (GOAWAY); health watchers end; calls in flight go on</item>
/// <item>streams that still go on after four fifths of the drain time are ended cleanly between two answers</item>
/// <item>what is left at the end of the drain time is cut off by the host</item>
/// </list>
/// </summary>
internal sealed class Drain(Readiness readiness, ServerOptions options, TimeProvider time, ILogger<Drain> log) : IHostedLifecycleService, IDisposable
{
    // Not disposed: the timer may fire while the host goes, and must find them whole. They hold nothing that needs it.
    private readonly CancellationTokenSource _begun = new();
    private readonly CancellationTokenSource _lastCall = new();
    private ITimer? _timer;
    private int _isStopping;

    /// <summary>The end of the readiness grace: what only waits (health watchers) ends now.</summary>
    public CancellationToken Begun => _begun.Token;

    /// <summary>Streams end now, after the answers that are under way.</summary>
    public CancellationToken LastCall => _lastCall.Token;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // Whoever stops the host twice drains it once.
        if (Interlocked.Exchange(ref _isStopping, 1) != 0)
            return;
        readiness.Advance(ServerState.Stopping);
        Log.Stopping(log, options.ReadinessGrace, options.DrainTime);
        if (options.ReadinessGrace > TimeSpan.Zero)
            await Task.Delay(options.ReadinessGrace, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _timer = time.CreateTimer(static drain => ((Drain)drain!)._lastCall.Cancel(), this, options.DrainTime * 0.8, Timeout.InfiniteTimeSpan);
        await _begun.CancelAsync();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _timer?.Dispose();
}
