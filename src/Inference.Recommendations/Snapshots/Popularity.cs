using System.Collections;

namespace Inference.Recommendations.Snapshots;

/// <summary>Items by the share of training users that touched them: the rung that needs nothing and never fails.</summary>
public sealed class Popularity
{
    private readonly ScoredRow[] _ranked;
    private readonly float[] _rates;
    private readonly ScoredRow _lastOfHead = new(-1, float.PositiveInfinity);

    /// <summary>The order of <see cref="Ranked"/>.</summary>
    private static readonly Comparer<ScoredRow> BestFirst = Comparer<ScoredRow>.Create(static (a, b) => a.Rate != b.Rate ? b.Rate.CompareTo(a.Rate) : a.Row.CompareTo(b.Row));

    /// <param name="rates">Share of users by row, each in [0, 1]; one per item of the catalogue.</param>
    public Popularity(ReadOnlySpan<float> rates)
    {
        _rates = rates.ToArray();
        _ranked = new ScoredRow[_rates.Length];
        for (int row = 0; row < _rates.Length; row++)
        {
            if (!(_rates[row] >= 0f && _rates[row] <= 1f))
                throw new ArgumentException($"The rate of row {row} is {_rates[row]}, not a share in [0, 1].", nameof(rates));
            _ranked[row] = new ScoredRow(row, _rates[row]);
        }

        Array.Sort(_ranked, BestFirst);
        (Sum, HeadCount, _lastOfHead, PopularShare) = HeadOf(_ranked);
    }

    private Popularity(float[] rates, ScoredRow[] ranked)
    {
        (_rates, _ranked) = (rates, ranked);
        (Sum, HeadCount, _lastOfHead, PopularShare) = HeadOf(_ranked);
    }

    /// <summary>All counted items, most popular first, ties by row. Some may be deleted since.</summary>
    public ReadOnlySpan<ScoredRow> Ranked => _ranked;

    /// <summary>Of all rates.</summary>
    public double Sum { get; }

    /// <summary>How many items are popular: the fewest that together have more than half of all interactions. 0 where nobody touched anything.</summary>
    public int HeadCount { get; }

    /// <summary>Their share of all interactions, above a half; 0 where nobody touched anything.</summary>
    public double PopularShare { get; }

    /// <summary>Whether a row is one of the <see cref="HeadCount"/> first of <see cref="Ranked"/>; takes the same time for all rows.</summary>
    public bool IsPopular(int row)
    {
        float rate = RateOf(row);
        return rate > _lastOfHead.Rate || (rate == _lastOfHead.Rate && row <= _lastOfHead.Row);
    }

    /// <summary>Share of training users that touched the item; 0 for rows behind those that were counted.</summary>
    public float RateOf(int row) => row < _rates.Length ? _rates[row] : 0f;

    /// <summary>The popularity after all rates were multiplied by the same factor, but for some that are given anew. The order of the others stays, so that a million of them need not be sorted.</summary>
    /// <param name="rowCount">Rows that it counts: at least as many as were counted before.</param>
    /// <param name="factor">0 to 1.</param>
    /// <param name="changed">Rows with their new rates, in [0, 1]; each row once.</param>
    internal Popularity With(int rowCount, double factor, IEnumerable<ScoredRow> changed)
    {
        ScoredRow[] others = [.. changed];
        Array.Sort(others, BestFirst);
        var rates = new float[rowCount];
        for (int row = 0; row < _rates.Length; row++)
            rates[row] = (float)(_rates[row] * factor);
        var isChanged = new BitArray(rowCount);
        foreach (ScoredRow other in others)
            (rates[other.Row], isChanged[other.Row]) = (other.Rate, true);
        var ranked = new ScoredRow[rowCount];
        int count = 0, next = 0;
        foreach (ScoredRow item in _ranked)
            Add(item.Row);
        // Rows that were not counted before have their rates among the changed, or none.
        for (int row = _rates.Length; row < rowCount; row++)
            Add(row);
        others.AsSpan(next).CopyTo(ranked.AsSpan(count));
        SortEqual(ranked);
        return new Popularity(rates, ranked);

        void Add(int row)
        {
            if (isChanged[row])
                return;
            var item = new ScoredRow(row, rates[row]);
            while (next < others.Length && BestFirst.Compare(others[next], item) < 0)
                ranked[count++] = others[next++];
            ranked[count++] = item;
        }
    }

    /// <summary>Sorts rows of equal rates, some of which were not equal before they were rounded.</summary>
    private static void SortEqual(ScoredRow[] ranked)
    {
        for (int from = 0, to; from < ranked.Length; from = to)
        {
            bool isSorted = true;
            for (to = from + 1; to < ranked.Length && ranked[to].Rate == ranked[from].Rate; to++)
                isSorted &= ranked[to].Row > ranked[to - 1].Row;
            if (!isSorted)
                Array.Sort(ranked, from, to - from, BestFirst);
        }
    }

    private static (double Sum, int HeadCount, ScoredRow LastOfHead, double PopularShare) HeadOf(ScoredRow[] ranked)
    {
        double all = 0, head = 0;
        foreach (ScoredRow item in ranked)
            all += item.Rate;
        int count = 0;
        var last = new ScoredRow(-1, float.PositiveInfinity);
        while (head <= all / 2 && count < ranked.Length && ranked[count].Rate > 0f)
        {
            last = ranked[count++];
            head += last.Rate;
        }

        return (all, count, last, all > 0 ? head / all : 0);
    }
}
