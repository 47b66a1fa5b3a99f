namespace Inference.Training.Models.Tuning;

/// <summary>Tries a grid of parameters: one model for each, judged by few shots and, with several cuts of the history, by training users.</summary>
internal static class GridSearch
{
    /// <summary>Items of the history that training users' models may be shown; null for all.</summary>
    private static readonly int?[] Cuts = [10, 20, 50, null];

    /// <param name="name">Of the model.</param>
    /// <param name="goals">What is wanted.</param>
    /// <param name="grid">Points of the grid.</param>
    /// <param name="fit">Fits the model of a point, well enough to be compared.</param>
    /// <param name="describe">A point's parameters for reports.</param>
    /// <param name="final">Fits the models that are kept; null to keep those that were compared.</param>
    public static TunedModel Run<T>(string name, TuningGoals goals, IReadOnlyList<T> grid, Func<T, RankingModel> fit, Func<T, Dictionary<string, object?>> describe, Func<T, RankingModel>? final = null)
        where T : notnull
    {
        var few = new Best<(T Point, RankingModel Model)>();
        var warm = new Best<(T Point, RankingModel Model, int? Last)>();
        foreach (T point in grid)
        {
            RankingModel model = fit(point);
            few.Offer(goals.FewShots(model), (point, model));
            foreach (int? last in Cuts)
                warm.Offer(goals.Warm(model, last), (point, model, last));
        }

        RankingModel fewModel = final?.Invoke(few.Choice.Point) ?? few.Choice.Model;
        RankingModel warmModel = warm.Choice.Point.Equals(few.Choice.Point) ? fewModel : final?.Invoke(warm.Choice.Point) ?? warm.Choice.Model;
        return new TunedModel(name, fewModel, RecentHistory.Of(warmModel, warm.Choice.Last), NeedsEvents: true, new Dictionary<string, object?>
        {
            ["few"] = describe(few.Choice.Point),
            ["warm"] = describe(warm.Choice.Point),
            ["warm_last"] = warm.Choice.Last,
        })
        {
            FewShotNdcg = few.Worth,
            WarmNdcg = warm.Worth,
        };
    }
}
