namespace Inference.Training.Evaluation.Entrants;

/// <summary>Improves one parameter after the other: for spaces that a grid would not cover.</summary>
internal static class CoordinateSearch
{
    /// <summary>A step must better the worth by this share of it; less is chance, which would lead away from where sense began.</summary>
    private const double LeastGain = 0.005;

    /// <param name="start">Where to begin.</param>
    /// <param name="axes">Per parameter, its values put into a point.</param>
    /// <param name="worth">Higher is better; not negative.</param>
    /// <param name="rounds">How often to go through the parameters; ends early when nothing is found.</param>
    public static T Run<T>(T start, IReadOnlyList<Func<T, IEnumerable<T>>> axes, Func<T, double> worth, int rounds)
        where T : class
    {
        var known = new Dictionary<T, double>();
        T best = start;
        double bestWorth = known[start] = worth(start);
        for (int round = 0; round < rounds; round++)
        {
            T before = best;
            foreach (Func<T, IEnumerable<T>> axis in axes)
            {
                foreach (T point in axis(best).ToArray())
                {
                    if (!known.TryGetValue(point, out double value))
                        known[point] = value = worth(point);
                    if (value > bestWorth * (1 + LeastGain))
                        (best, bestWorth) = (point, value);
                }
            }

            if (best.Equals(before))
                break;
        }

        return best;
    }
}
