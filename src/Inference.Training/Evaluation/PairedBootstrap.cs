namespace Inference.Training.Evaluation;

/// <summary>Whether one model is better than another, or only luckier with these users.</summary>
/// <param name="Model">The model.</param>
/// <param name="Baseline">What it is held against.</param>
/// <param name="Difference">Mean of the users' differences in NDCG@10.</param>
/// <param name="Relative">As a share of the baseline's mean; NaN where that is 0.</param>
/// <param name="Interval">95 % interval of the difference.</param>
/// <param name="P">Two-sided p-value: twice the share of resamples on the wrong side of 0, 1 at most.</param>
public sealed record PairedComparison(string Model, string Baseline, double Difference, double Relative, (double Low, double High) Interval, double P)
{
    /// <summary>Whether the interval leaves out 0.</summary>
    public bool IsSignificant => Interval.Low > 0 || Interval.High < 0;
}

/// <summary>Compares models on the same users: paired bootstrap, 5,000 resamples; all pairs of a scenario share the draws (numpy's <c>RandomState(0)</c>).</summary>
public static class PairedBootstrap
{
    public const int Resamples = 5_000;

    /// <summary>Means that differ by less are the same mean, added up in another way.</summary>
    private const double Rounding = 1e-12;

    /// <summary>All pairs of the results of one scenario, each once; the one that is later in the list is held against the earlier one.</summary>
    /// <param name="results">Results of one scenario, in the order of report.</param>
    /// <exception cref="ArgumentException">The results are not of one scenario.</exception>
    public static IReadOnlyList<PairedComparison> Compare(IReadOnlyList<ScenarioResult> results)
    {
        if (results.Any(result => result.Scenario != results[0].Scenario))
            throw new ArgumentException("Only results of one scenario can be compared.", nameof(results));
        if (results.Count < 2)
            return [];
        double[][] means = Bootstrap.Means([.. results.Select(result => result.Ndcg10)], Resamples);
        var comparisons = new List<PairedComparison>();
        for (int b = 0; b < results.Count; b++)
        {
            for (int a = b + 1; a < results.Count; a++)
                comparisons.Add(Compare(results[a], results[b], means[a], means[b]));
        }

        return comparisons;
    }

    private static PairedComparison Compare(ScenarioResult model, ScenarioResult baseline, double[] modelMeans, double[] baselineMeans)
    {
        double[] differences = new double[Resamples];
        int notAbove = 0;
        int notBelow = 0;
        for (int i = 0; i < Resamples; i++)
        {
            double difference = differences[i] = modelMeans[i] - baselineMeans[i];
            notAbove += difference <= Rounding ? 1 : 0;
            notBelow += difference >= -Rounding ? 1 : 0;
        }

        double mean = model.Metrics.Ndcg10 - baseline.Metrics.Ndcg10;
        return new PairedComparison(
            model.Model, baseline.Model, mean, baseline.Metrics.Ndcg10 == 0 ? double.NaN : mean / baseline.Metrics.Ndcg10, Bootstrap.Interval(differences),
            Math.Min(1, 2.0 * Math.Min(notAbove, notBelow) / Resamples));
    }
}
