using Google.Rpc;
using Grpc.Core;

namespace Inference.Cli.Load;

/// <summary>
/// Sends requests at an offered rate whether or not the server keeps up (an open loop), and measures each from the moment it was meant to be sent, so that a stall
/// counts for every request that would have come meanwhile (no coordinated omission, after Tene).
/// <list type="number">
/// <item>One thread of its own walks the schedule, waits with a <see cref="Pacer"/> and hands each request to a connection, in turn.</item>
/// <item>Answers are counted on the thread pool, where they arrive.</item>
/// <item>Requests of the warm-up are sent likewise and not counted.</item>
/// <item>An answer that comes after its deadline counts as none (<see cref="ToldDeadline"/>).</item>
/// <item>After the last one, those still on their way get their deadline's time, and some patience.</item>
/// </list>
/// </summary>
internal sealed class LoadRun
{
    private readonly LoadOptions _options;
    private readonly RequestMix _mix;
    private readonly IReadOnlyList<LoadTarget> _targets;
    private readonly TimeProvider _time;
    private readonly Pacer _pacer;
    private long _inFlight;
    private TimeSpan _processorTimeBefore = Environment.CpuUsage.TotalTime;

    /// <param name="targets">One per connection; requests go round.</param>
    /// <param name="options">Rate, times and bounds.</param>
    /// <param name="mix">What is asked.</param>
    /// <param name="time">The clock.</param>
    public LoadRun(IReadOnlyList<LoadTarget> targets, LoadOptions options, RequestMix mix, TimeProvider time)
    {
        _targets = targets;
        _options = options;
        _mix = mix;
        _time = time;
        _pacer = new Pacer(time);
        Tally = new LoadTally((long)Nanoseconds(options.Goal), new LoadSeries(options.Interval, options.Deadline + TimeSpan.FromSeconds(1)));
    }

    /// <summary>What is counted, also while the run goes on.</summary>
    public LoadTally Tally { get; }

    /// <summary>When the measurement began, in nanoseconds of the run's clock.</summary>
    public long MeasuredFrom { get; private set; }

    /// <summary>When the measurement ended: at the end of its time, or with the last request where that came first.</summary>
    public long MeasuredUntil { get; private set; }

    /// <summary>Processor time that this process took from the begin of the measurement to the end of the run, the spinning of the pacer included.</summary>
    public TimeSpan ProcessorTime { get; private set; }

    /// <summary>Share of the schedule that is done, in [0, 1].</summary>
    public double Done => Math.Clamp(_pacer.Now / Math.Max(1, Nanoseconds(_options.WarmUp + _options.Duration)), 0, 1);

    /// <summary>Runs to the end, or until cancelled; either way what was measured is in <see cref="Tally"/>.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                Walk(cancellationToken);
                ended.SetResult();
            }
            catch (Exception e)
            {
                ended.SetException(e);
            }
        })
        { IsBackground = true, Name = "load pacer" };
        thread.Start();
        await ended.Task;

        long patience = _pacer.Now + (long)Nanoseconds(_options.Deadline + (2 * ToldDeadline.Patience));
        while (Volatile.Read(ref _inFlight) > 0 && _pacer.Now < patience && !cancellationToken.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(5), _time, CancellationToken.None);
        ProcessorTime = Environment.CpuUsage.TotalTime - _processorTimeBefore;
    }

    private static double Nanoseconds(TimeSpan span) => span.Ticks * 100.0;

    private void Walk(CancellationToken cancellationToken)
    {
        _pacer.TakeThread();
        var schedule = new ArrivalSchedule(_options.Rate, _options.Arrivals, _options.Seed);
        long start = _pacer.Now;
        long warm = start + (long)Nanoseconds(_options.WarmUp);
        long end = warm + (long)Nanoseconds(_options.Duration);
        MeasuredFrom = MeasuredUntil = warm;
        Tally.Series.Begin(warm);
        long measured = 0;
        for (int turn = 0; measured < _options.MaxRequests; turn++)
        {
            long due = start + schedule.Next();
            if (due >= end)
            {
                MeasuredUntil = end;
                return;
            }

            LoadCall request = _mix.Next();
            _pacer.WaitUntil(due, cancellationToken);
            if (cancellationToken.IsCancellationRequested)
                return;
            bool counts = due >= warm;
            if (counts)
            {
                if (measured == 0)
                    _processorTimeBefore = Environment.CpuUsage.TotalTime;
                measured++;
                MeasuredUntil = due;
            }

            Send(_targets[turn % _targets.Count], request, due, counts ? Tally : null);
        }
    }

    private void Send(LoadTarget target, LoadCall request, long due, LoadTally? tally)
    {
        if (Interlocked.Increment(ref _inFlight) > _options.MaxInFlight)
        {
            Interlocked.Decrement(ref _inFlight);
            tally?.Skip(request.Kind, due);
            return;
        }

        long sent = _pacer.Now;
        tally?.Send(request.Kind, due, sent);
        _ = CompleteAsync(target, request, due, sent, tally);
    }

    private async Task CompleteAsync(LoadTarget target, LoadCall request, long due, long sent, LoadTally? tally)
    {
        try
        {
            DateTime patience = _time.GetUtcNow().UtcDateTime + _options.Deadline + ToldDeadline.Patience;
            LoadAnswer answer = await target.SendAsync(request, patience).ConfigureAwait(false);
            long now = _pacer.Now;
            if (answer.Failure is not null)
                CountFailure(request, answer.Failure, due, sent, now, tally);
            else if (now - sent > Nanoseconds(_options.Deadline) && request.Kind != LoadKind.Stream)
                tally?.Fail(request.Kind, StatusCode.DeadlineExceeded, hasRetryInfo: false, due, sent, now);
            else
                tally?.Answer(request.Kind, answer, due, now);
        }
        catch (Exception e)
        {
            CountFailure(request, e, due, sent, _pacer.Now, tally);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private static void CountFailure(LoadCall request, Exception failure, long due, long sent, long now, LoadTally? tally)
    {
        if (failure is RpcException rpc)
            tally?.Fail(request.Kind, rpc.StatusCode, HasRetryInfo(rpc), due, sent, now);
        else // The transport broke in a way that it does not call a status; the run goes on and the report shows it.
            tally?.Fail(request.Kind, StatusCode.Unknown, hasRetryInfo: false, due, sent, now);
    }

    private static bool HasRetryInfo(RpcException failure)
    {
        if (failure.Trailers.GetValueBytes("grpc-status-details-bin") is not { } details)
            return false;
        try
        {
            return Google.Rpc.Status.Parser.ParseFrom(details).Details.Any(detail => detail.Is(RetryInfo.Descriptor));
        }
        catch (Google.Protobuf.InvalidProtocolBufferException)
        {
            return false;
        }
    }
}
