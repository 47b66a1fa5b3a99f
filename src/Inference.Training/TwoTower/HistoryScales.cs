namespace Inference.Training.TwoTower;

/// <summary>
/// How much the history of a user weighs against popularity, by its length n: size · n ∕ (n + doubt). Fitted to training users, who helped to make the factors, the history would seem to tell more than it does of others, so
/// the two numbers are chosen by the ranking of the validation part.
/// </summary>
internal static class HistoryScales
{
    private static readonly double[] s_sizes = [0.5, 0.7, 1, 1.4, 2];
    private static readonly double[] s_doubts = [0, 1, 3, 8];
    private static readonly double[] s_larger = [1, 1.4];

    /// <summary>Sets the best scale; returns its criterion.</summary>
    public static double Choose(TowerWeights weights, ValidationScore validation)
    {
        double size = 1, doubt = 0, best = double.NegativeInfinity;
        // Some are asked for twice. The item tower has no part in it.
        var criteria = new Dictionary<(double Size, double Doubt), double>();
        double Try(double candidateSize, double candidateDoubt)
        {
            if (criteria.TryGetValue((candidateSize, candidateDoubt), out double known))
                return known;
            Set(weights, candidateSize, candidateDoubt);
            return criteria[(candidateSize, candidateDoubt)] = validation.Measure(areItemsKnown: criteria.Count > 0).Criterion;
        }

        foreach (double candidate in s_sizes)
        {
            if (Try(candidate, doubt) is var criterion && criterion > best)
                (size, best) = (candidate, criterion);
        }

        foreach (double candidate in s_doubts)
        {
            // Doubt takes from short histories; a larger size gives back to long ones.
            foreach (double larger in s_larger)
            {
                if (Try(size * larger, candidate) is var criterion && criterion > best)
                    (doubt, best) = (candidate, criterion);
            }
        }

        double chosen = size;
        foreach (double larger in s_larger)
        {
            if (Try(size * larger, doubt) is var criterion && criterion >= best)
                (chosen, best) = (size * larger, criterion);
        }

        Set(weights, chosen, doubt);
        return best;
    }

    private static void Set(TowerWeights weights, double size, double doubt)
    {
        Span<float> scales = weights.HistoryScale.Of(weights.Values);
        for (int n = 1; n < scales.Length; n++)
            scales[n] = (float)(size * n / (n + doubt));
    }
}
