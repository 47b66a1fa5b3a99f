namespace Inference.Training.Evaluation.Sessions;

/// <summary>What became of a policy: clicks of each user on each page, as a mean over the runs.</summary>
public sealed class SessionResult
{
    private readonly double[] _hits;
    private readonly double[] _most;

    /// <param name="policy">The policy.</param>
    /// <param name="users">Users.</param>
    /// <param name="pages">Pages of each.</param>
    /// <param name="hits">Users × pages.</param>
    /// <param name="most">Users × pages: the clicks of a policy that knows everything.</param>
    internal SessionResult(SessionPolicy policy, int users, int pages, double[] hits, double[] most) => (Policy, Users, Pages, _hits, _most) = (policy, users, pages, hits, most);

    public SessionPolicy Policy { get; }

    public int Users { get; }

    public int Pages { get; }

    /// <summary>Mean clicks of a user on a page, from 0.</summary>
    public double HitsOn(int page) => MeanOf(_hits, page);

    /// <summary>Mean clicks of a user on the first pages.</summary>
    public double HitsUntil(int pages) => Enumerable.Range(0, Math.Min(pages, Pages)).Sum(HitsOn);

    /// <summary>What a policy that knows everything has more than this one, per user, on a page.</summary>
    public double RegretOn(int page) => MeanOf(_most, page) - MeanOf(_hits, page);

    /// <summary>The same over all pages.</summary>
    public double Regret => Enumerable.Range(0, Pages).Sum(RegretOn);

    /// <summary>Clicks by user, all pages together.</summary>
    public double[] Totals()
    {
        double[] totals = new double[Users];
        for (int user = 0; user < Users; user++)
        {
            foreach (double hits in _hits.AsSpan(user * Pages, Pages))
                totals[user] += hits;
        }

        return totals;
    }

    private double MeanOf(double[] values, int page)
    {
        double sum = 0;
        for (int user = 0; user < Users; user++)
            sum += values[(user * Pages) + page];
        return sum / Users;
    }
}
