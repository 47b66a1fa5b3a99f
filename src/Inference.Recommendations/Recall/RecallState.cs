using System.Globalization;

namespace Inference.Recommendations.Recall;

/// <summary>What is known of the recall of one version: its checks, and what follows from them. A new version begins with a new one.</summary>
/// <remarks>
/// The latest <see cref="RecallOptions.MinSamples"/> checks decide whether the alarm is raised, whatever their age: when their interval is wholly below the threshold. Of an index that is
/// broken, not somewhat weak, the latest <see cref="FewSamples"/> are enough: when their interval is wholly below half the threshold; in a large catalogue more would take minutes. The alarm ends when that of the latest
/// <see cref="RecoverySamples"/> is wholly at or above it; in between things stay as they are, so that chance alone does not switch to and fro. Checks are added by one thread; everything else is safe for
/// concurrent use.
/// </remarks>
internal sealed class RecallState(string version, RecallOptions options, TimeProvider time)
{
    /// <summary>Checks that are enough to tell a broken index.</summary>
    private const int FewSamples = 10;

    private readonly Lock _lock = new();
    private readonly RecallWindow _window = new(Math.Max(options.Window, RecoverySamples(options)));
    private volatile RecallAlarm? _alarm;
    private volatile bool _isAgainstEmbeddings;
    private long _checked, _dropped, _failed;
    private long _scanTicks;

    public string Version => version;

    /// <summary>Set while the version is degraded.</summary>
    public RecallAlarm? Alarm => _alarm;

    /// <summary>Checks that decide whether an alarm is over: twice as many as must all be faultless for the lower end to reach the threshold, and at least as many as raise it.</summary>
    public static int RecoverySamples(RecallOptions options)
    {
        const double squared = 3.8415;
        double least = options.Threshold < 1 ? 2 * squared * options.Threshold / (1 - options.Threshold) : double.MaxValue;
        return Math.Max(options.MinSamples, (int)Math.Min(Math.Ceiling(least), Math.Max(options.Window, options.MinSamples)));
    }

    /// <summary>How long scans took lately, in ticks of the clock; 0 before the first.</summary>
    public long ScanTicks => Interlocked.Read(ref _scanTicks);

    /// <summary>Takes in how long a scan took: the mean leans to the latest.</summary>
    public void Scanned(long ticks)
    {
        long before = ScanTicks;
        Interlocked.Exchange(ref _scanTicks, before == 0 ? ticks : before + ((ticks - before) / 8));
    }

    public void Dropped() => Interlocked.Increment(ref _dropped);

    public void Failed() => Interlocked.Increment(ref _failed);

    /// <summary>Takes in a check.</summary>
    /// <returns>Whether the alarm was raised, ended or became another.</returns>
    public bool Add(in RecallMeasure measure, bool isAgainstEmbeddings)
    {
        lock (_lock)
        {
            _window.Add(measure);
            _checked++;
            _isAgainstEmbeddings = isAgainstEmbeddings;
            return Decide();
        }
    }

    public RecallReport Report()
    {
        lock (_lock)
        {
            long since = Since;
            RecallAlarm? alarm = _alarm;
            var byFilter = new RecallEstimate[FilterClasses.Count];
            for (int i = 0; i < byFilter.Length; i++)
                byFilter[i] = _window.Estimate(since, (FilterClass)i, options.Window);
            return new RecallReport
            {
                Version = version,
                Share = options.Share,
                Threshold = options.Threshold,
                IsDegraded = alarm is not null,
                Scans = alarm is { Scans: true },
                Detail = alarm?.Detail ?? "",
                IsAgainstEmbeddings = _isAgainstEmbeddings,
                Overall = _window.Estimate(since, most: options.Window),
                Scan = _window.Estimate(since, most: options.Window, ofScan: true),
                ByFilter = byFilter,
                Checked = _checked,
                Dropped = Interlocked.Read(ref _dropped),
                Failed = Interlocked.Read(ref _failed),
            };
        }
    }

    private long Since => time.GetTimestamp() - (long)(options.WindowTime.TotalSeconds * time.TimestampFrequency);

    private bool Decide()
    {
        if (options.Threshold <= 0)
            return false;
        int few = Math.Min(FewSamples, options.MinSamples), most = few;
        RecallEstimate latest = _window.Estimate(long.MinValue, most: few);
        if (latest.Samples < few || latest.Upper >= options.Threshold / 2)
            latest = _window.Estimate(long.MinValue, most: most = options.MinSamples);
        if (latest.Samples < most)
            return false;
        RecallAlarm? before = _alarm;
        if (latest.Upper < options.Threshold)
        {
            RecallEstimate scan = _window.Estimate(long.MinValue, most: most, ofScan: true);
            bool helps = scan.Upper >= options.Threshold, scans = helps && options.Fallback == RecallFallback.Exact;
            // The figure in the labels stays, unless it has moved out of the interval: replies should not all differ.
            if (before is not null && before.Scans == scans && latest.Recall >= before.Estimate.Lower && latest.Recall <= before.Estimate.Upper)
                return false;
            _alarm = new RecallAlarm(latest, options.Threshold, scans, DetailOf(latest, scans, helps));
            return before is null || before.Scans != scans;
        }

        if (before is null || _window.Estimate(long.MinValue, most: RecoverySamples(options)).Lower < options.Threshold)
            return false;
        _alarm = null;
        return true;
    }

    private string DetailOf(in RecallEstimate estimate, bool scans, bool helps)
    {
        string answers = scans ? "a scan of all eligible items answers instead"
            : !helps ? "a scan would not find them either, for the codes of the index are wrong"
            : "the index answers all the same";
        return string.Create(CultureInfo.InvariantCulture, $"The index finds {estimate.Recall:P1} of the best items ({estimate.Lower:P1} to {estimate.Upper:P1}), {options.Threshold:P1} are wanted; {answers}.");
    }
}
