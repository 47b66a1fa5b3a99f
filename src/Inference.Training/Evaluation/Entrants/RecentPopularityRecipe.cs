using System.Text.Json.Nodes;
using Inference.Training.Data;
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
        Models.TrainingEvents events = EventsOf(inputs.Data.Events, inputs.Split, inputs.Split.Times!.Validation!.Value);
        PopularityModel Fit(int days) => PopularityModel.Fit(inputs.Split, events, TimeSpan.FromDays(days));
        int days = hyperparameters?.Integer("days") ?? Tune(inputs, Fit, cancellationToken);
        return Entrant.Of(Fit(days)) with { Hyperparameters = new JsonObject { ["days"] = days } };
    }

    private static Models.TrainingEvents EventsOf(EventTable table, ColdSplit split, long end)
    {
        int[] rows = new int[table.UserIds.Count];
        Array.Fill(rows, -1);
        for (int row = 0; row < split.TrainingUserIds.Count; row++)
        {
            if (table.UserIds.Find(split.TrainingUserIds[row]) is >= 0 and int user)
                rows[user] = row;
        }

        int[] indexes = new int[table.ItemIds.Count];
        for (int item = 0; item < indexes.Length; item++)
            indexes[item] = split.Items.TryFind(table.ItemIds[item], out int index) && index < split.Items.TrainingCount ? index : -1;
        var users = new List<int>();
        var items = new List<int>();
        var seconds = new List<long>();
        for (int e = 0; e < table.Count; e++)
        {
            if (table.Milliseconds[e] >= end * 1000 || rows[table.Users[e]] < 0 || indexes[table.Items[e]] < 0)
                continue;
            users.Add(rows[table.Users[e]]);
            items.Add(indexes[table.Items[e]]);
            seconds.Add(table.Milliseconds[e] / 1000);
        }

        return new Models.TrainingEvents([.. users], [.. items], [.. seconds], Baskets: null, end);
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
