namespace Inference.Recommendations.Snapshots;

/// <summary>Items by the share of training users that touched them: the rung that needs nothing and never fails.</summary>
public sealed class Popularity
{
    private readonly ScoredRow[] _ranked;
    private readonly float[] _rates;
    private readonly ScoredRow _lastOfHead = new(-1, float.PositiveInfinity);

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

        Array.Sort(_ranked, static (a, b) => a.Rate != b.Rate ? b.Rate.CompareTo(a.Rate) : a.Row.CompareTo(b.Row));
        double all = 0, head = 0;
        foreach (ScoredRow item in _ranked)
            all += item.Rate;
        while (head <= all / 2 && HeadCount < _ranked.Length && _ranked[HeadCount].Rate > 0f)
        {
            _lastOfHead = _ranked[HeadCount++];
            head += _lastOfHead.Rate;
        }

        PopularShare = all > 0 ? head / all : 0;
    }

    /// <summary>All counted items, most popular first, ties by row. Some may be deleted since.</summary>
    public ReadOnlySpan<ScoredRow> Ranked => _ranked;

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
}
