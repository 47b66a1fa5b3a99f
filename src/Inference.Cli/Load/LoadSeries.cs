using Inference.Recommendations;

namespace Inference.Cli.Load;

/// <summary>
/// What happened in each interval of a run, by when requests were due. Intervals that a request may still be answered for are kept whole; older ones are a row each, so a long run takes little memory.
/// <see cref="Offer"/> is called from one thread in the order of the schedule, the rest from anywhere.
/// </summary>
internal sealed class LoadSeries
{
    private const int MostOpen = 128;

    private readonly long _interval;
    private readonly Interval?[] _open;
    private readonly List<SeriesRow> _closed = [];
    private long _begin;
    private long _newest = -1;

    /// <param name="interval">Length of an interval.</param>
    /// <param name="longest">How long a request can take; what comes later is not in the series.</param>
    public LoadSeries(TimeSpan interval, TimeSpan longest)
    {
        _interval = interval.Ticks * 100;
        _open = new Interval?[(int)Math.Min(MostOpen, longest.Ticks / interval.Ticks + 3)];
    }

    /// <summary>Sets when the first interval begins, in nanoseconds of the clock of `due`.</summary>
    public void Begin(long time) => _begin = time;

    public void Offer(long due)
    {
        long index = (due - _begin) / _interval;
        while (_newest < index)
        {
            _newest++;
            ref Interval? place = ref _open[_newest % _open.Length];
            if (place is not null)
                _closed.Add(place.Row(_interval));
            Volatile.Write(ref place, new Interval(_newest));
        }

        At(due)?.Offer();
    }

    public void Answer(long due, long latency, bool isGood) => At(due)?.Answer(latency, isGood);

    public void Fail(long due) => At(due)?.Fail();

    /// <summary>The intervals in their order. Call it when nothing is offered any more.</summary>
    public IReadOnlyList<SeriesRow> Rows()
    {
        var rows = new List<SeriesRow>(_closed);
        for (long index = Math.Max(0, _newest - _open.Length + 1); index <= _newest; index++)
        {
            if (_open[index % _open.Length] is { } interval)
                rows.Add(interval.Row(_interval));
        }

        return rows;
    }

    /// <summary>The interval of a request; null when it is closed.</summary>
    private Interval? At(long due)
    {
        long index = (due - _begin) / _interval;
        return index >= 0 && Volatile.Read(ref _open[index % _open.Length]) is { } interval && interval.Index == index ? interval : null;
    }

    private sealed class Interval(long index)
    {
        private readonly LatencyHistogram _latency = new();
        private long _offered;
        private long _good;
        private long _failed;

        public long Index => index;

        public void Offer() => Interlocked.Increment(ref _offered);

        public void Answer(long latency, bool isGood)
        {
            _latency.Record(latency);
            if (isGood)
                Interlocked.Increment(ref _good);
        }

        public void Fail() => Interlocked.Increment(ref _failed);

        public SeriesRow Row(long length) => new(
            index * (length / 1e9), _offered, _latency.Count, _good, _failed,
            _latency.Quantile(0.5), _latency.Quantile(0.99), _latency.Quantile(0.999), _latency.Max);
    }
}
