using System.Diagnostics.Metrics;
using Inference.Server.Admission.Quotas;
using Inference.Server.Entry;
using Inference.Server.Telemetry;

namespace Inference.Server.Admission;

/// <summary>Why a call was refused for want of room; the attribute of <c>recsys.admission.shed</c>.</summary>
internal enum ShedReason
{
    /// <summary>As many calls were in flight as may be.</summary>
    Calls,

    /// <summary>As many waited as may wait.</summary>
    QueueFull,

    /// <summary>The wait would have been too long.</summary>
    Wait,

    /// <summary>The wait would have left too little of the deadline.</summary>
    Deadline,

    /// <summary>It waited, and its time came without its turn.</summary>
    Expired,

    /// <summary>It waited, and made place for a client with a shorter line.</summary>
    PushedOut,
}

/// <summary>What admission counts and times. Attributes are closed sets; clients are named only where that is asked for, and only those of the configuration.</summary>
internal sealed class AdmissionMetrics
{
    /// <summary>In the order of <see cref="ShedReason"/>.</summary>
    private static readonly string[] Reasons = ["calls", "queue_full", "wait", "deadline", "expired", "pushed_out"];

    /// <summary>By reason, of interactive calls and then of bulk. Far above the capacity most calls end here, so each is an addition, and attributes are made when somebody looks.</summary>
    private readonly long[] _shed = new long[2 * Reasons.Length];

    private readonly Counter<long> _quota;
    private readonly Counter<long> _overflow;
    private readonly Counter<long> _cutOff;
    private readonly Histogram<double> _wait;
    private readonly bool _namesClients;
    private Func<int> _limit = static () => 0;
    private Func<int> _inFlight = static () => 0;
    private Func<(int Interactive, int Bulk)> _waiting = static () => default;

    public AdmissionMetrics(IMeterFactory meters, AdmissionOptions options)
    {
        _namesClients = options.ClientNamesInMetrics;
        Meter meter = meters.Create(ServerMetrics.MeterName);
        meter.CreateObservableGauge("recsys.admission.limit", () => _limit(), "{call}", "Calls that may be worked on at once now.");
        meter.CreateObservableUpDownCounter("recsys.admission.in_flight", () => _inFlight(), "{call}", "Calls and elements of streams that are worked on now.");
        meter.CreateObservableUpDownCounter("recsys.admission.queued", Waiting, "{call}", "Calls and elements of streams that wait for room now.");
        _wait = meter.CreateHistogram<double>("recsys.admission.wait.duration", "s", "How long calls waited for room; those that found some at once are not among them.");
        meter.CreateObservableCounter("recsys.admission.shed", Sheds, "{call}", "Calls for which there was no room, by why not.");
        _quota = meter.CreateCounter<long>("recsys.admission.quota.rejections", "{call}", "Calls beyond their client's quota, by what was used up.");
        _overflow = meter.CreateCounter<long>("recsys.admission.overflow", "{call}", "Calls without room that were answered without a model.");
        _cutOff = meter.CreateCounter<long>("recsys.admission.cut_off", "{call}", "Calls that the server ended because what it waited for did not come.");
    }

    /// <summary>Tells where the gauges look.</summary>
    public void Watch(Func<int> limit, Func<int> inFlight, Func<(int Interactive, int Bulk)> waiting) => (_limit, _inFlight, _waiting) = (limit, inFlight, waiting);

    public void Waited(bool isBulk, TimeSpan wait) => _wait.Record(wait.TotalSeconds, Class(isBulk));

    public void Shed(bool isBulk, ShedReason reason) => Interlocked.Increment(ref _shed[(isBulk ? Reasons.Length : 0) + (int)reason]);

    public void OverQuota(Caller caller, QuotaAnswer answer)
    {
        KeyValuePair<string, object?> reason = new("recsys.reason", answer == QuotaAnswer.Rate ? "rate" : "concurrency");
        if (_namesClients && caller.Quota is not null)
            _quota.Add(1, new("recsys.client", caller.Name), reason);
        else
            _quota.Add(1, reason);
    }

    public void Overflowed() => _overflow.Add(1);

    /// <param name="what">"request" or "stream".</param>
    public void CutOff(string what) => _cutOff.Add(1, new KeyValuePair<string, object?>("recsys.reason", what));

    private static KeyValuePair<string, object?> Class(bool isBulk) => new("recsys.class", isBulk ? "bulk" : "interactive");

    private IEnumerable<Measurement<long>> Sheds()
    {
        for (int i = 0; i < _shed.Length; i++)
        {
            if (Interlocked.Read(ref _shed[i]) is > 0 and var shed)
                yield return new(shed, Class(isBulk: i >= Reasons.Length), new("recsys.reason", Reasons[i % Reasons.Length]));
        }
    }

    private Measurement<int>[] Waiting()
    {
        (int interactive, int bulk) = _waiting();
        return [new(bulk, Class(isBulk: true)), new(interactive, Class(isBulk: false))];
    }
}
