using Inference.Recommendations.Snapshots;

namespace Inference.Training.Profiles;

/// <summary>The smoothed rates of one cluster: <c>r(i|c) = (n_ci + s·p_i) / (n_c + s)</c>.</summary>
internal sealed class ClusterRates
{
    private readonly Popularity _popularity;
    private readonly Dictionary<int, int> _counts = [];
    private readonly int _users;
    private readonly double _smoothing;

    /// <param name="users">All training users.</param>
    /// <param name="members">Those of the cluster.</param>
    /// <param name="popularity">p_i.</param>
    /// <param name="smoothing">s, above 0.</param>
    public ClusterRates(IReadOnlyList<TrainingUser> users, IReadOnlyList<int> members, Popularity popularity, double smoothing)
    {
        _popularity = popularity;
        _users = members.Count;
        _smoothing = smoothing;
        foreach (int member in members)
        {
            foreach (int row in users[member].History)
                _counts[row] = _counts.GetValueOrDefault(row) + 1;
        }
    }

    public double RateOf(int row) => (_counts.GetValueOrDefault(row) + _smoothing * _popularity.RateOf(row)) / (_users + _smoothing);

    /// <summary>The items with the highest rates, and what the popularity of the others is to be multiplied with so that their rates have the right sum.</summary>
    /// <param name="limit">Most items to list. Items that no user touched are never listed.</param>
    public (ScoredRow[] Top, float RestScale) List(int limit)
    {
        // An item that the cluster did not touch has a rate in proportion to its popularity, so only the most popular of those can get onto the list.
        var rows = new HashSet<int>(_counts.Keys);
        foreach (ScoredRow popular in _popularity.Ranked[..Math.Min(limit, _popularity.Ranked.Length)])
        {
            if (popular.Rate > 0)
                rows.Add(popular.Row);
        }

        ScoredRow[] top = [.. rows.Select(row => new ScoredRow(row, (float)RateOf(row))).OrderByDescending(scored => scored.Rate).ThenBy(scored => scored.Row).Take(limit)];
        double restShare = 0, restCount = 0;
        foreach (ScoredRow item in _popularity.Ranked)
            restShare += item.Rate;
        foreach (int count in _counts.Values)
            restCount += count;
        foreach (ScoredRow listed in top)
        {
            restShare -= _popularity.RateOf(listed.Row);
            restCount -= _counts.GetValueOrDefault(listed.Row);
        }

        // With nothing left to scale, what an item that the cluster never touched would get.
        double restRate = (restCount + _smoothing * restShare) / (_users + _smoothing);
        double scale = restShare > 1e-9 ? restRate / restShare : _smoothing / (_users + _smoothing);
        return (top, (float)scale);
    }

    /// <summary>Items that the cluster takes more often than others do, and how much more often.</summary>
    public IEnumerable<(int Row, double Excess)> Excess()
    {
        foreach (int row in _counts.Keys.Order())
        {
            if (RateOf(row) - _popularity.RateOf(row) is > 0 and double excess)
                yield return (row, excess);
        }
    }
}
