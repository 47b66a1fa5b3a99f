using Grpc.Core;
using Inference.Server.Admission.Limits;
using Inference.Server.Admission.Queues;
using Inference.Server.Admission.Quotas;
using Inference.Server.Entry;
using Inference.Server.Failures;
using Inference.Server.Json;
using Inference.Towers;

namespace Inference.Server.Admission;

/// <summary>
/// Whether there is room for a call (docs/overload.md).
/// <list type="number">
/// <item>what operators do passes; only its streams are counted</item>
/// <item>the client's quota</item>
/// <item>calls in flight: what bounds memory</item>
/// <item>a place and a thread (<see cref="Room"/>), at once or after a short wait in the client's line; a stream needs them for each of its elements</item>
/// <item>where there is neither: a refusal that was made before, or an answer without a model</item>
/// </list>
/// A call that finds room costs no memory here. Safe for concurrent use.
/// </summary>
internal sealed class CallAdmission
{
    private const string Recommend = "/recsys.v1.RecommendationService/Recommend";

    private readonly AdmissionOptions _options;
    private readonly TimeProvider _time;
    private readonly AdmissionMetrics _metrics;
    private readonly ClientQuotas _quotas;
    private readonly GradientLimit _limit;
    private readonly PermitPool _calls;
    private readonly PermitPool _controlStreams;
    private readonly RetryLater _overloaded;
    private readonly RetryLater _overQuota;
    private readonly long _longestWait;
    private int _overflowing;
    private long _spread;

    public CallAdmission(AdmissionOptions options, TowerOptions towers, AdmissionMetrics metrics, TimeProvider time)
    {
        (_options, _metrics, _time) = (options, metrics, time);
        _quotas = new ClientQuotas(options, time);
        _limit = new GradientLimit(options.MinConcurrency, options.MaxConcurrency, options.Tolerance, MethodRules.Count, Environment.ProcessorCount, time.TimestampFrequency / 10);
        // Fewer than the pool has while calls wait (Hosting.PoolThreads), so that one is left to let in and to refuse.
        Threads = new ComputingThreads(Environment.ProcessorCount, towers.ConcurrentRuns);
        Room = new Room(() => _limit.Limit, options.Threads > 0 ? () => options.Threads : () => Threads.Now, options.BulkShare, options.QueueLength, time);
        _calls = new PermitPool(options.MaxCalls, this);
        _controlStreams = new PermitPool(options.MaxControlStreams, this);
        _overloaded = new RetryLater(StatusCode.Unavailable, "OVERLOADED", "There is no room for this call now; call again later.", options.RetryDelay / 2);
        _overQuota = new RetryLater(StatusCode.ResourceExhausted, "QUOTA_EXCEEDED", "The client has used up its quota of calls; call again later.", TimeSpan.FromMilliseconds(1));
        _longestWait = Ticks(options.MaxQueueWait);
        metrics.Watch(() => _limit.Limit, () => Room.InFlight, () => Room.Waiting);
    }

    /// <summary>Places and queues.</summary>
    public Room Room { get; }

    /// <summary>How many of them may compute at once.</summary>
    public ComputingThreads Threads { get; }

    /// <summary>How many calls may be worked on at once.</summary>
    public int Limit => _limit.Limit;

    /// <summary>Calls in flight, those of control that are streams among them.</summary>
    public int InFlight => _calls.Rented + _controlStreams.Rented;

    /// <summary>How much is refused.</summary>
    public Pressure Pressure { get; } = new();

    /// <summary>Whether calls wait for room, or some were refused lately.</summary>
    public bool IsFull => Pressure.RefusedShare > 0.01 || Room.Waiting is not (0, 0);

    /// <summary>Lets a call in or refuses it.</summary>
    public ValueTask<Entrance> EnterAsync(HttpContext http, MethodRule rule)
    {
        // :: Step 1
        if (rule.Class == CallClass.Control && !rule.IsStream)
            return default;
        long now = _time.GetTimestamp();
        Caller caller = Caller.Of(http);
        object client = ClientQuotas.KeyOf(caller, http);

        // :: Step 2
        ClientUse? use = rule.Class == CallClass.Control ? null : _quotas.Of(caller, client);
        if (use is not null && use.TryEnter(now, out long wait) is not QuotaAnswer.Granted and var answer)
        {
            _metrics.OverQuota(caller, answer);
            return Refused(_overQuota.After(answer == QuotaAnswer.Rate ? Span(wait) : Spread(_options.RetryDelay)));
        }

        // :: Step 3
        PermitPool pool = rule.Class == CallClass.Control ? _controlStreams : _calls;
        if (pool.Rent() is not { } permit)
        {
            use?.Leave();
            return Refused(Shed(rule.Class == CallClass.Bulk, ShedReason.Calls));
        }

        permit.Begin(http, rule, client, use, now, CallTimeout.Of(http) is { } timeout ? Ticks(timeout) : long.MaxValue);
        http.Features.Set(permit);

        // :: Step 4
        if (rule.IsStream || !_options.Enabled || Room.TryEnter(permit))
            return ValueTask.FromResult(new Entrance(null, permit));
        return TryWait(permit, LatestStartOf(permit, now)) is { } shed ? ValueTask.FromResult(Overflow(permit, shed)) : EnterAfterWaitAsync(permit, http);
    }

    /// <summary>Gives room to a call whose message was not there when it was let in.</summary>
    /// <returns>Why there is none; null where there is.</returns>
    public async ValueTask<Failure?> ReenterAsync(Permit permit)
    {
        permit.Began = _time.GetTimestamp();
        if (!_options.Enabled || Room.TryEnter(permit))
            return null;
        return TryWait(permit, long.MaxValue) ?? await WaitAsync(permit);
    }

    /// <summary>Gives room to an element of a stream. It waits as long as it takes: the stream's own places bound how many do.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up while it waited for the rate of its quota.</exception>
    public async ValueTask EnterElementAsync(Permit stream, Waiter element, CancellationToken cancellationToken)
    {
        while (stream.Use?.Take(_time.GetTimestamp()) is > 0 and var wait)
            await Task.Delay(Span(wait), _time, cancellationToken);
        if (!_options.Enabled || Room.TryEnter(element))
            return;
        element.ResetTurn();
        element.LatestStart = long.MaxValue;
        Room.TryWait(element, stream.Client, long.MaxValue);
        await element.TurnAsync();
        _metrics.Waited(isBulk: true, _time.GetElapsedTime(element.Since));
    }

    /// <summary>Frees what an answered call held, and learns from the time it took.</summary>
    public void Answered(Permit permit, bool isMeasure)
    {
        if (isMeasure && permit is { IsBulk: false, IsOverflow: false, InFlight: > 0 })
        {
            long now = _time.GetTimestamp();
            _limit.Add(permit.Rule.Index, now - permit.Began, permit.InFlight, now, permit.Timeout);
            Pressure.Admitted();
        }

        Room.Leave(permit);
    }

    /// <summary>Frees what is left of a call that ends.</summary>
    public void Ended(Permit permit)
    {
        Room.Leave(permit);
        if (permit.IsOverflow)
            Interlocked.Decrement(ref _overflowing);
    }

    /// <summary>Takes back a permit that nobody uses any more.</summary>
    public void Return(Permit permit) => (permit.Rule.Class == CallClass.Control ? _controlStreams : _calls).Return(permit);

    /// <summary>Counts a stream that was ended because no question came.</summary>
    public void CountIdle() => _metrics.CutOff("stream");

    /// <summary>Ends waits that are of no use, and calls whose messages do not come.</summary>
    public void Sweep()
    {
        Room.Expire();
        if (_calls.Rented == 0)
            return;
        long cameBefore = _time.GetTimestamp() - Ticks(_options.RequestReadTimeout);
        foreach (Permit? permit in _calls.All)
        {
            if (permit is not null && permit.CutOffIfReading(cameBefore))
                _metrics.CutOff("request");
        }
    }

    private static ValueTask<Entrance> Refused(Failure failure) => ValueTask.FromResult(new Entrance(failure));

    private async ValueTask<Entrance> EnterAfterWaitAsync(Permit permit, HttpContext http)
    {
        if (await WaitAsync(permit) is { } shed)
            return Overflow(permit, shed);
        permit.Began = permit.Came = _time.GetTimestamp();
        if (!http.RequestAborted.IsCancellationRequested)
            return new Entrance(null, permit);
        permit.End();
        return new Entrance(HttpFailures.CallerGone);
    }

    /// <summary>Stands in line, or says why not.</summary>
    private Failure? TryWait(Permit permit, long latestStart)
    {
        permit.ResetTurn();
        permit.LatestStart = latestStart;
        return Room.TryWait(permit, permit.Client, _longestWait) switch
        {
            NoRoom.None => null,
            NoRoom.QueueFull => Shed(permit.IsBulk, ShedReason.QueueFull),
            NoRoom.TooLong => Shed(permit.IsBulk, ShedReason.Wait),
            _ => Shed(permit.IsBulk, ShedReason.Deadline),
        };
    }

    private async ValueTask<Failure?> WaitAsync(Permit permit)
    {
        Turn turn = await permit.TurnAsync();
        _metrics.Waited(permit.IsBulk, _time.GetElapsedTime(permit.Since));
        return turn switch
        {
            Turn.Granted => null,
            Turn.Expired => Shed(permit.IsBulk, ShedReason.Expired),
            _ => Shed(permit.IsBulk, ShedReason.PushedOut),
        };
    }

    /// <summary>What becomes of a call without room.</summary>
    private Entrance Overflow(Permit permit, Failure shed)
    {
        // :: Step 5
        if (_options.Overflow == OverflowAnswer.Popularity && permit.Rule.Path == Recommend)
        {
            if (Interlocked.Increment(ref _overflowing) <= _options.MaxOverflow)
            {
                permit.IsOverflow = true;
                _metrics.Overflowed();
                return new Entrance(null, permit);
            }

            Interlocked.Decrement(ref _overflowing);
        }

        permit.End();
        return new Entrance(shed);
    }

    /// <summary>
    /// When work has to begin at the latest for its deadline. Every second call takes longer than the mean, and what the call has been on its way already is not known; so twice the mean is kept free, and half of the rest: in a queue that is full
    /// everybody begins at the last moment.
    /// </summary>
    private long LatestStartOf(Permit permit, long now) =>
        permit.Timeout == long.MaxValue ? long.MaxValue : now + (long)((permit.Timeout - (2 * _limit.TimesOf(permit.Rule.Index).Mean)) / 2);

    private Failure Shed(bool isBulk, ShedReason reason)
    {
        Pressure.Refused();
        _metrics.Shed(isBulk, reason);
        // So long that those who come again are as many as there is room for.
        return _overloaded.After(Spread(_options.RetryDelay / Math.Max(0.02, 1 - Pressure.RefusedShare)));
    }

    /// <summary>Half of a time to one and a half, so that not all come again at once.</summary>
    /// <remarks>Multiples of the golden ratio, which fill the interval evenly however many are taken (Weyl's sequence).</remarks>
    private TimeSpan Spread(TimeSpan time) => time * (0.5 + (Interlocked.Increment(ref _spread) * 0.6180339887498949 % 1));

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);

    private TimeSpan Span(long ticks) => TimeSpan.FromSeconds((double)ticks / _time.TimestampFrequency);
}
