using Inference.Vectors;

namespace Inference.Cli.IndexBench;

/// <summary>Measures one index: for each recall target the lowest width that reaches it, and how fast the index answers there.</summary>
/// <remarks>
/// 1. Find the widths. 2. Time them in rounds, in each round every width once, so that a disturbance of the machine hits all of them. 3. Take the medians.
/// Kinds that are exact have no width: they are measured once, and the figures stand at every target that their recall reaches.
/// </remarks>
internal sealed class IndexMeasurement
{
    private readonly BenchOptions _options;
    private readonly QueryRun _single;
    private readonly QueryRun? _interleaved;
    private readonly Truth _truth;
    private readonly int _queries;
    private readonly bool _hasWidth;
    private readonly WidthSearch _search;

    /// <param name="index">Over the rows of the set.</param>
    /// <param name="set">Whose queries are put.</param>
    /// <param name="truth">Of the same set and k.</param>
    /// <param name="options">What to measure.</param>
    /// <param name="queries">How many of the queries are put, the first ones.</param>
    public IndexMeasurement(VectorIndex index, BenchSet set, Truth truth, BenchOptions options, int queries)
    {
        (_options, _truth, _queries) = (options, truth, queries);
        _single = new QueryRun(index, set, options.K, options.Threads, batch: 1, queries);
        _interleaved = options.Interleave > 1 ? new QueryRun(index, set, options.K, options.Threads, options.Interleave, queries) : null;
        _hasWidth = index.Kind is not (IndexKind.Flat or IndexKind.Exact);
        _search = new WidthSearch(Math.Min(options.K, options.MaxWidth), options.MaxWidth, SampleRecall, AllRecall);
    }

    /// <summary>One row for each target, or for each width where widths were asked for.</summary>
    /// <param name="blank">A row with what is the same in all of them.</param>
    /// <param name="progress">0 to 1.</param>
    /// <param name="cancellationToken">Ends the measurement between two rounds.</param>
    public List<BenchRow> Measure(BenchRow blank, IProgress<double> progress, CancellationToken cancellationToken)
    {
        // :: Step 1
        var rows = new List<BenchRow>();
        foreach (double target in _options.Targets)
        {
            cancellationToken.ThrowIfCancellationRequested();
            rows.Add(Find(blank with { Target = target }, target, out int? width) with { Width = _hasWidth ? width : null });
            progress.Report(0.5 * rows.Count / _options.Targets.Count);
        }
        foreach (int width in _options.Targets.Count > 0 ? [] : _options.Widths)
            rows.Add(blank with { Width = _hasWidth ? width : null, Recall = _search.Recall(width) });

        // :: Step 2
        int[] widths = [.. rows.Where(row => IsMeasured(row)).Select(row => row.Width ?? 0).Distinct()];
        Dictionary<int, List<Round>> single = widths.ToDictionary(static width => width, static _ => new List<Round>());
        Dictionary<int, List<Round>> together = widths.ToDictionary(static width => width, static _ => new List<Round>());
        Dictionary<int, double> togetherRecall = _interleaved is null ? [] : widths.ToDictionary(static width => width, width => _interleaved.Recall(_truth, width, _queries));
        if (widths.Length > 0)
        {
            _single.WarmUp(widths[0], _options.WarmUp);
            _interleaved?.WarmUp(widths[0], _options.WarmUp);
        }
        for (int round = 0; round < _options.Rounds; round++)
        {
            foreach (int width in widths)
            {
                cancellationToken.ThrowIfCancellationRequested();
                single[width].Add(_single.Time(width, _options.LeastRound));
                if (_interleaved is not null)
                    together[width].Add(_interleaved.Time(width, _options.LeastRound));
            }
            progress.Report(0.5 + 0.5 * (round + 1) / _options.Rounds);
        }

        // :: Step 3
        return rows.ConvertAll(row => !IsMeasured(row) ? row : row with
        {
            Single = Round.MedianOf(single[row.Width ?? 0]),
            Interleaved = _interleaved is null ? null : Round.MedianOf(together[row.Width ?? 0]),
            InterleavedRecall = _interleaved is null ? null : togetherRecall[row.Width ?? 0],
        });
    }

    /// <summary>The curve: widths growing by a quarter from the lowest to where the recall or the widths end, each timed in one round.</summary>
    public List<CurvePoint> Curve(IProgress<double> progress, CancellationToken cancellationToken)
    {
        if (!_hasWidth)
            return [new CurvePoint(0, _search.Recall(_options.K), _single.Time(0, _options.LeastRound).QueriesPerSecond)];
        var points = new List<CurvePoint>();
        for (double width = _options.K; width <= _options.MaxWidth; width = Math.Max(width + 1, width * 1.25))
        {
            cancellationToken.ThrowIfCancellationRequested();
            int at = (int)width;
            points.Add(new CurvePoint(at, _search.Recall(at), _single.Time(at, _options.LeastRound).QueriesPerSecond));
            progress.Report(Math.Min(1, points[^1].Recall));
            if (points[^1].Recall >= 0.999)
                break;
        }
        return points;
    }

    private static bool IsMeasured(BenchRow row) => row.Target is null || row.Recall >= row.Target;

    private BenchRow Find(BenchRow row, double target, out int? width)
    {
        width = _hasWidth ? _search.Lowest(target) : _options.K;
        return row with { Recall = width is int found ? _search.Recall(found) : _search.Measured.Values.Max() };
    }

    private double SampleRecall(int width) => _single.Recall(_truth, width, Math.Min(_queries, _options.SampleQueries));

    private double AllRecall(int width) => _single.Recall(_truth, width, _queries);
}
