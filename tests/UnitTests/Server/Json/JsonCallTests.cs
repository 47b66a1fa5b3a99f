using Inference.Server.Json;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace UnitTests.Server.Json;

/// <summary>When a call over HTTP ends by itself.</summary>
public sealed class JsonCallTests
{
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(50);

    private readonly HandTimers _time = new();
    private readonly DefaultHttpContext _http = new();

    [Fact]
    public void CancellationToken_WhereTheTimerIsEarly_WaitsUntilTheDeadline()
    {
        using JsonCall call = Start(Wait);

        _time.Fire(at: Wait - TimeSpan.FromMilliseconds(4));
        Assert.False(call.CancellationToken.IsCancellationRequested);
        Assert.Equal(TimeSpan.FromMilliseconds(5), _time.Due);

        _time.Fire(at: Wait);
        Assert.True(call.CancellationToken.IsCancellationRequested);
        Assert.True(_time.GetUtcNow().UtcDateTime >= call.Deadline);
    }

    [Fact]
    public void CancellationToken_OfACallerWhoGoes_EndsAtOnce()
    {
        using var aborted = new CancellationTokenSource();
        _http.RequestAborted = aborted.Token;
        using JsonCall call = Start(Wait);

        aborted.Cancel();

        Assert.True(call.CancellationToken.IsCancellationRequested);
    }

    [Fact]
    public void Dispose_BeforeATimerThatFiresLate_HarmsNothing()
    {
        JsonCall call = Start(Wait);
        CancellationToken token = call.CancellationToken;

        call.Dispose();
        _time.Fire(at: Wait);

        Assert.False(token.IsCancellationRequested);
    }

    [Fact]
    public void Deadline_OfACallWithoutATimeout_NeverComes()
    {
        using JsonCall call = Start(null);

        Assert.Equal((DateTime.MaxValue, null), (call.Deadline, _time.Due));
    }

    private JsonCall Start(TimeSpan? wait) => new(_http, "/service/Method", wait, _time);

    /// <summary>One timer, which fires when told, be it due or not.</summary>
    private sealed class HandTimers : TimeProvider, ITimer
    {
        private readonly DateTimeOffset _start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        private TimeSpan _passed;
        private Action _callback = () => { };

        public TimeSpan? Due { get; private set; }

        public override DateTimeOffset GetUtcNow() => _start + _passed;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _callback = () => callback(state);
            Change(dueTime, period);
            return this;
        }

        public void Fire(TimeSpan at)
        {
            _passed = at;
            _callback();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime;
            return true;
        }

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
