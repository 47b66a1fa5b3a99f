using System.Text.Json.Nodes;
using Inference.Training.Models;
using Inference.Training.Splits;

namespace Inference.Training.Evaluation.Entrants;

internal sealed class RecentPopularityRecipe : EntrantRecipe
{
    public override string Name => "popularity_recent";

    public override string Description => "users per item in the last days of training";

    public override string? WhyNot(EvaluationInputs inputs) => inputs.Split.Times?.Validation is null ? "the split is not cut at a time" : null;

    public override Entrant Make(EvaluationInputs inputs, JsonObject? hyperparameters, IProgress<double> progress, CancellationToken cancellationToken)
    {
        TrainingEvents events = TrainingEventsBuilder.Build(inputs.Split, inputs.Data.Events);
        PopularityModel Fit(int days) => PopularityModel.Fit(inputs.Split, events, TimeSpan.FromDays(days));
        int days = hyperparameters?.Integer("days") ?? Tune(inputs, Fit, cancellationToken);
        return Entrant.Of(Fit(days)) with { Hyperparameters = new JsonObject { ["days"] = days } };
    }

    private static int Tune(EvaluationInputs inputs, Func<int, PopularityModel> fit, CancellationToken cancellationToken)
    {
        int[] grid = [14, 30, 60, 120];
        var scenarios = new TuningScenarios(inputs);
        if ((scenarios.UnseenUser ?? scenarios.Warm) is not { } scenario)
            return grid[^1];
        return grid.MaxBy(days => scenarios.Ndcg10(fit(days), scenario, cancellationToken));
    }
}
