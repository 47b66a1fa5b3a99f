namespace Inference.Towers.Batching;

/// <summary>
/// Cuts a batch of rows of several lengths into runs: every row of a run is padded to the longest one, so short rows beside a long one cost as much as long ones, while each further run costs a start.
/// <list type="number">
/// <item>count the rows of each padded length;</item>
/// <item>dynamic programming over the lengths that occur, ascending: the cheapest way to run the rows up to a length is, over all places of the last cut, the cheapest way up to there plus one run of
/// the rest, by the times that <see cref="RunTimes"/> expects;</item>
/// <item>put the rows into that order.</item>
/// </list>
/// With L lengths that is L²/2 estimates, and nothing at all for a batch of one length. Used by one thread at a time; allocates nothing.
/// </summary>
internal sealed class RunPlan
{
    /// <summary>Cuts have to bring the time below this share: estimates are no better, and the best of many cuts is the one whose estimates err most.</summary>
    private const double WorthCutting = 0.8;

    private readonly BatchSizes _sizes;
    private readonly RunTimes _times;
    private readonly int[] _count;
    private readonly int[] _size;
    private readonly int[] _upTo;
    private readonly double[] _cost;
    private readonly int[] _cutBefore;

    public RunPlan(BatchSizes sizes, RunTimes times)
    {
        _sizes = sizes;
        _times = times;
        int lengths = sizes.Lengths.Length;
        _count = new int[lengths];
        _size = new int[lengths];
        _upTo = new int[lengths + 1];
        _cost = new double[lengths + 1];
        _cutBefore = new int[lengths + 1];
    }

    /// <summary>Puts rows into the order of their padded lengths and cuts them.</summary>
    /// <param name="rows">The rows of a batch; at least one.</param>
    /// <param name="sorted">Receives them in order; as long.</param>
    /// <param name="runs">Receives the end of each run in <paramref name="sorted"/>.</param>
    /// <returns>How many runs there are.</returns>
    public int Cut<TWork>(ReadOnlySpan<BatchRow<TWork>> rows, Span<BatchRow<TWork>> sorted, Span<int> runs)
        where TWork : struct
    {
        int lengths = rows.Length == 1 ? 1 : CountLengths(rows);
        if (lengths == 1)
        {
            rows.CopyTo(sorted);
            runs[0] = rows.Length;
            return 1;
        }

        Sort(rows, sorted, lengths);
        return Cut(lengths, runs);
    }

    private int CountLengths<TWork>(ReadOnlySpan<BatchRow<TWork>> rows)
        where TWork : struct
    {
        Array.Clear(_count);
        foreach (ref readonly BatchRow<TWork> row in rows)
            _count[_sizes.LengthSizeOf(row.Length)]++;
        int lengths = 0, sum = 0;
        for (int size = 0; size < _count.Length; size++)
        {
            if (_count[size] == 0)
                continue;
            sum += _count[size];
            _size[lengths++] = size;
            _upTo[lengths] = sum;
        }

        return lengths;
    }

    private void Sort<TWork>(ReadOnlySpan<BatchRow<TWork>> rows, Span<BatchRow<TWork>> sorted, int lengths)
        where TWork : struct
    {
        // The counts become the next place of each length.
        for (int i = 0; i < lengths; i++)
            _count[_size[i]] = _upTo[i];
        foreach (ref readonly BatchRow<TWork> row in rows)
            sorted[_count[_sizes.LengthSizeOf(row.Length)]++] = row;
    }

    private int Cut(int lengths, Span<int> runs)
    {
        for (int last = 1; last <= lengths; last++)
        {
            // Not cut at all, where nothing is cheaper: also while nothing is known and every estimate is zero.
            _cost[last] = Cost(0, last) * WorthCutting;
            _cutBefore[last] = 0;
            for (int cut = 1; cut < last; cut++)
            {
                double cost = _cost[cut] + Cost(cut, last);
                if (cost < _cost[last])
                    (_cost[last], _cutBefore[last]) = (cost, cut);
            }
        }

        int count = 0;
        for (int last = lengths; last > 0; last = _cutBefore[last])
            count++;
        for (int last = lengths, run = count; last > 0; last = _cutBefore[last])
            runs[--run] = _upTo[last];
        return count;
    }

    private double Cost(int cut, int last) => _times.EstimateSize(_sizes.RowSizeOf(_upTo[last] - _upTo[cut]), _size[last - 1]);
}
