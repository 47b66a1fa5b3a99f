using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>
/// The deadline of one call. Its timer starts only once the call waits for something or hands its token out; a call that never waits is measured when it ends.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Handlers may hold the token after the call; its source has neither timer nor handle, and Release disposes the timer")]
internal sealed class CallDeadline
{
    private static readonly TimerCallback s_onTimer = static state => ((CallDeadline)state!).OnTimer();
    private static readonly Action<object?> s_onAborted = static state => ((CancellationTokenSource)state!).Cancel();
    private static readonly TimeSpan s_longestTimer = TimeSpan.FromDays(20);
    private static readonly TimeSpan s_shortestTimer = TimeSpan.FromMilliseconds(1);

    private readonly ServerCall _call;
    private readonly TimeProvider _time;
    private readonly long _start;
    private DateTime _at;
    private ITimer? _timer;
    private CancellationTokenSource? _source;
    private CancellationTokenRegistration _aborted;
    private TaskCompletionSource? _answered;
    private bool _isAnswered;
    private bool _isOver;

    public CallDeadline(ServerCall call, TimeSpan timeout)
    {
        _call = call;
        _time = call.Settings.Time;
        _start = _time.GetTimestamp();
        Timeout = timeout;
    }

    public TimeSpan Timeout { get; }

    /// <summary>The deadline as a point in time, UTC.</summary>
    public DateTime At
    {
        get
        {
            if (_at == default)
            {
                _at = _time.GetUtcNow().UtcDateTime + Remaining;
            }

            return _at;
        }
    }

    public bool HasPassed => Remaining <= TimeSpan.Zero;

    /// <summary>Cancelled by the deadline and by the caller.</summary>
    public CancellationToken Token
    {
        get
        {
            CancellationTokenSource source;
            lock (this)
            {
                if (_source is not null)
                {
                    return _source.Token;
                }

                source = _source = new CancellationTokenSource();
                if (_isAnswered || _isOver)
                {
                    source.Cancel();
                    return source.Token;
                }
            }

            var aborted = _call.HttpContext.RequestAborted.UnsafeRegister(s_onAborted, source);
            lock (this)
            {
                _aborted = aborted;
                if (_isOver)
                {
                    aborted.Unregister();
                }
            }

            Arm();
            return source.Token;
        }
    }

    private TimeSpan Remaining => Timeout - _time.GetElapsedTime(_start);

    /// <summary>Starts the timer if it does not run: from here on the call may wait.</summary>
    public void Arm()
    {
        lock (this)
        {
            if (_timer is not null || _isOver)
            {
                return;
            }

            var due = Remaining;
            _timer = _time.CreateTimer(s_onTimer, this, due <= TimeSpan.Zero ? TimeSpan.Zero : Clip(due), System.Threading.Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Ends when the call has been answered with DEADLINE_EXCEEDED. Ask only where the deadline ends the call.</summary>
    public Task WhenAnsweredAsync()
    {
        lock (this)
        {
            if (_isAnswered)
            {
                return Task.CompletedTask;
            }

            _answered ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _answered.Task;
        }
    }

    /// <summary>Says that the call has been answered with DEADLINE_EXCEEDED.</summary>
    public void SetAnswered()
    {
        lock (this)
        {
            _isAnswered = true;
        }

        _answered?.SetResult();
    }

    /// <summary>Cancels the token if anyone has it.</summary>
    public void Cancel() => _source?.Cancel();

    /// <summary>Stops the timer and lets go of the request, which will serve another call.</summary>
    public void Release()
    {
        lock (this)
        {
            _isOver = true;
            _timer?.Dispose();
            _aborted.Unregister();
        }
    }

    private static TimeSpan Clip(TimeSpan due) => due > s_longestTimer ? s_longestTimer : due < s_shortestTimer ? s_shortestTimer : due;

    private void OnTimer()
    {
        // Timers have coarser clocks than deadlines and shorter reaches: early ones go on.
        var remaining = Remaining;
        if (remaining <= TimeSpan.Zero)
        {
            _ = CallEnd.ExpireAsync(_call);
            return;
        }

        lock (this)
        {
            if (!_isOver)
            {
                Debug.Assert(_timer is not null, "The timer fires after it has been stored.");
                _timer.Change(Clip(remaining), System.Threading.Timeout.InfiniteTimeSpan);
            }
        }
    }
}
