namespace Inference.Training.Models.Tuning;

/// <summary>Tunes λ and a₀ of <see cref="ImplicitAls"/>.</summary>
public static class AlsTuning
{
    private static readonly (double Ridge, double UnseenWeight)[] Grid = [(0.003, 0.3), (0.003, 1), (0.01, 0.3), (0.01, 1), (0.03, 0.1), (0.03, 0.3), (0.001, 3)];

    /// <param name="goals">What is wanted.</param>
    /// <param name="basis">Dimension, iterations and seed.</param>
    /// <param name="cancellationToken">Stops between half rounds.</param>
    public static TunedModel Run(TuningGoals goals, AlsOptions basis, CancellationToken cancellationToken = default) => GridSearch.Run(
        "ials",
        goals,
        Grid,
        point => ImplicitAls.Fit(
            goals.Split.Training, goals.Split.Items.TrainingCount, basis with { Ridge = point.Ridge, UnseenWeight = point.UnseenWeight }, cancellationToken: cancellationToken),
        point => new Dictionary<string, object?> { ["dim"] = basis.Dimension, ["lam"] = point.Ridge, ["a0"] = point.UnseenWeight });

    /// <summary>The factors behind a tuned model, without the cut of the history.</summary>
    public static ImplicitAls Factors(RankingModel model) => (ImplicitAls)(model is RecentHistory recent ? recent.Inner : model);
}
