using Grpc.Core;
using Recsys.V1;

namespace Inference.Cli.Load;

/// <summary>
/// Sends requests at an offered rate whether or not the server keeps up (an open loop), and measures each from the moment it was meant to be sent, so that a stall
/// counts for every request that would have come meanwhile (no coordinated omission, after Tene).
/// <list type="number">
/// <item>One thread of its own walks the schedule, waits with a <see cref="Pacer"/> and hands each request to a connection, in turn.</item>
/// <item>Answers are counted on the thread pool, where they arrive.</item>
/// <item>Requests of the warm-up are sent likewise and not counted.</item>
/// <item>After the last one, those still on their way get their deadline's time.</item>
/// </list>
/// </summary>
internal sealed class LoadRun
{
    private readonly LoadOptions _options;
    private readonly RequestMix _mix;
    private readonly IReadOnlyList<RecommendationService.RecommendationServiceClient> _clients;
    private readonly TimeProvider _time;
    private readonly Pacer _pacer;
    private long _inFlight;

    /// <param name="clients">One per connection; requests go round.</param>
    /// <param name="options">Rate, times and bounds.</param>
    /// <param name="mix">What is asked.</param>
    /// <param name="time">The clock.</param>
    public LoadRun(IReadOnlyList<RecommendationService.RecommendationServiceClient> clients, LoadOptions options, RequestMix mix, TimeProvider time)
    {
        _clients = clients;
        _options = options;
        _mix = mix;
        _time = time;
        _pacer = new Pacer(time);
    }

    /// <summary>What is counted, also while the run goes on.</summary>
    public LoadTally Tally { get; } = new();

    /// <summary>When the measurement began, in nanoseconds of the run's clock.</summary>
    public long MeasuredFrom { get; private set; }

    /// <summary>When the measurement ended: at the end of its time, or with the last request where that came first.</summary>
    public long MeasuredUntil { get; private set; }

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

        long patience = _pacer.Now + (long)Nanoseconds(_options.Deadline) + 1_000_000_000;
        while (Volatile.Read(ref _inFlight) > 0 && _pacer.Now < patience && !cancellationToken.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(5), _time, CancellationToken.None);
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
        long measured = 0;
        for (int turn = 0; measured < _options.MaxRequests; turn++)
        {
            long due = start + schedule.Next();
            if (due >= end)
            {
                MeasuredUntil = end;
                return;
            }

            RecommendRequest request = _mix.Next();
            _pacer.WaitUntil(due, cancellationToken);
            if (cancellationToken.IsCancellationRequested)
                return;
            bool counts = due >= warm;
            if (counts)
            {
                measured++;
                MeasuredUntil = due;
            }

            Send(_clients[turn % _clients.Count], request, due, counts ? Tally : null);
        }
    }

    private void Send(RecommendationService.RecommendationServiceClient client, RecommendRequest request, long due, LoadTally? tally)
    {
        if (Interlocked.Increment(ref _inFlight) > _options.MaxInFlight)
        {
            Interlocked.Decrement(ref _inFlight);
            tally?.Skip();
            return;
        }

        tally?.Send(_pacer.Now - due);
        _ = CompleteAsync(client, request, due, tally);
    }

    private async Task CompleteAsync(RecommendationService.RecommendationServiceClient client, RecommendRequest request, long due, LoadTally? tally)
    {
        try
        {
            DateTime deadline = _time.GetUtcNow().UtcDateTime + _options.Deadline;
            using AsyncUnaryCall<RecommendResponse> call = client.RecommendAsync(request, deadline: deadline);
            RecommendResponse response = await call.ResponseAsync.ConfigureAwait(false);
            long now = _pacer.Now;
            tally?.Answer(response, now - due, now);
        }
        catch (RpcException failure)
        {
            tally?.Fail(failure.StatusCode, _pacer.Now - due);
        }
        catch (Exception)
        {
            // The transport broke in a way that it does not call a status; the run goes on and the report shows it.
            tally?.Fail(StatusCode.Unknown, _pacer.Now - due);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }
}
