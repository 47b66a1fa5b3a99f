using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using Grpc.Net.Client.Http;

namespace Grpc.Net.Client.Calls;

/// <summary>
/// The life of one call. It ends exactly once, by whatever comes first: the server's status, a failure, the deadline, cancellation, disposal of the
/// call or of its channel. From then on the outcome stands, and whatever is still going on is stopped: the HTTP/2 stream, unless it ended by
/// itself, is reset.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source holds nothing that needs disposal, which would race with cancelling it")]
internal sealed class CallLifetime
{
    // The longest time that a timer can be set to.
    private static readonly TimeSpan s_longestTimer = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private readonly GrpcChannel _channel;
    private readonly IMethod _method;
    private readonly DateTime _deadline;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenSource _aborted = new();
    private readonly MessageStreamContent? _requests;
    private CancellationTokenRegistration _onCancellation;
    private CancellationTokenRegistration _onChannelClosing;
    private ITimer? _timer;
    private HttpResponseMessage? _response;
    private CallOutcome? _outcome;

    /// <summary>Makes the life of a call, and begins it with <see cref="Begin"/>.</summary>
    /// <param name="channel">Its channel.</param>
    /// <param name="method">Its method.</param>
    /// <param name="options">Its deadline and cancellation.</param>
    /// <param name="requests">Its request stream, where it has one; released when the call ends.</param>
    /// <exception cref="InvalidOperationException">The deadline is a local time.</exception>
    public CallLifetime(GrpcChannel channel, IMethod method, CallOptions options, MessageStreamContent? requests)
    {
        _deadline = options.Deadline ?? DateTime.MaxValue;
        if (_deadline != DateTime.MaxValue && _deadline != DateTime.MinValue && _deadline.Kind != DateTimeKind.Utc)
        {
            throw new InvalidOperationException("Deadline must have a kind DateTimeKind.Utc or be equal to DateTime.MaxValue or DateTime.MinValue.");
        }

        _channel = channel;
        _method = method;
        _cancellation = options.CancellationToken;
        _requests = requests;
    }

    /// <summary>How the call ended; null while it has not.</summary>
    public CallOutcome? Outcome => Volatile.Read(ref _outcome);

    /// <summary>Cancelled when the call ends before its response does.</summary>
    public CancellationToken Aborted => _aborted.Token;

    /// <summary>What is left until the deadline; null without one.</summary>
    public TimeSpan? TimeLeft => _deadline == DateTime.MaxValue ? null : _deadline - _channel.Clock.GetUtcNow().UtcDateTime;

    /// <summary>Starts the clock and listens for cancellation.</summary>
    public void Begin()
    {
        if (TimeLeft is { } left)
        {
            if (left <= TimeSpan.Zero)
            {
                Abort(CallOutcome.DeadlineExceeded);
                return;
            }

            _timer = _channel.Clock.CreateTimer(static state => ((CallLifetime)state!).OnTimer(), this, DueIn(left), Timeout.InfiniteTimeSpan);
        }

        _onChannelClosing = _channel.Closing.UnsafeRegister(static state => ((CallLifetime)state!).Abort(CallOutcome.Disposed), this);
        _onCancellation = AbortOn(_cancellation);
        if (Outcome is not null)
        {
            StopListening(); // it ended while the lines above ran
        }
    }

    /// <summary>Ends the call when the token is cancelled. The caller disposes of the registration.</summary>
    public CancellationTokenRegistration AbortOn(CancellationToken cancellationToken)
        => cancellationToken.UnsafeRegister(static state => ((CallLifetime)state!).Abort(CallOutcome.Cancelled), this);

    /// <summary>Takes the response into the call's care.</summary>
    public void Attach(HttpResponseMessage response)
    {
        Interlocked.Exchange(ref _response, response);
        if (Outcome is not null)
        {
            response.Dispose(); // too late: the call ended while the headers were under way
        }
    }

    /// <summary>Ends the call with its response, and returns how it ended.</summary>
    public CallOutcome End(CallOutcome outcome) => TryEnd(outcome) ? outcome : Outcome!;

    /// <summary>Ends the call before its response does, unless it has ended.</summary>
    public void Abort(CallOutcome outcome)
    {
        if (TryEnd(outcome))
        {
            // The token stops what runs before the response headers, disposing of the response what runs after them.
            _aborted.Cancel();
        }
    }

    /// <summary>Ends the call with a failure, unless it has ended, and returns what its caller is to be told.</summary>
    public Exception Fail(Exception exception)
    {
        if (Outcome is null)
        {
            Abort(Explain(exception));
        }

        return ToException();
    }

    /// <summary>What the caller of a call is told that has ended.</summary>
    public Exception ToException() => ToException(Outcome!);

    /// <summary>What a caller is told of an outcome.</summary>
    public Exception ToException(CallOutcome outcome)
    {
        var status = outcome.Status;
        if (_channel.ThrowOperationCanceledOnCancellation && (outcome.IsCancellation || status.StatusCode == StatusCode.DeadlineExceeded))
        {
            var reason = status.Detail.Length == 0 ? "The deadline of the call has passed." : status.Detail;
            return new OperationCanceledException(reason, _cancellation.IsCancellationRequested ? _cancellation : Aborted);
        }

        return new RpcException(status, outcome.Trailers ?? Metadata.Empty);
    }

    /// <summary>The outcome that an exception stands for.</summary>
    public CallOutcome Explain(Exception exception)
    {
        var status = TransportFailure.ToStatus(exception, cancellationMeansConnectTimeout: _channel.Transport is not HttpClient);

        // A server that counts the deadline too may reset the stream a moment before our timer rings.
        return status.StatusCode == StatusCode.Cancelled && TimeLeft <= TimeSpan.Zero ? CallOutcome.DeadlineExceeded : new CallOutcome(status);
    }

    private static TimeSpan DueIn(TimeSpan left) => left < s_longestTimer ? left : s_longestTimer;

    private bool TryEnd(CallOutcome outcome)
    {
        if (Interlocked.CompareExchange(ref _outcome, outcome, null) is not null)
        {
            return false;
        }

        if (!outcome.IsOk)
        {
            Log.CallFailed(_channel.Logger, outcome.Status.DebugException, _method.FullName, outcome.Status.StatusCode, outcome.Status.Detail);
        }

        StopListening();
        _requests?.Abandon();
        Volatile.Read(ref _response)?.Dispose();
        return true;
    }

    private void OnTimer()
    {
        if (TimeLeft is { } left && left > TimeSpan.Zero)
        {
            _timer?.Change(DueIn(left), Timeout.InfiniteTimeSpan); // further off than a timer can be set to
            return;
        }

        Abort(CallOutcome.DeadlineExceeded);
    }

    // Unregister, and not Dispose, which would wait for a callback that may be waiting for us.
    private void StopListening()
    {
        _timer?.Dispose();
        _onCancellation.Unregister();
        _onChannelClosing.Unregister();
    }
}
