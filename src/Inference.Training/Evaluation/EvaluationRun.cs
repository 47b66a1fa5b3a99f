using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Inference.Training.Evaluation;

/// <summary>
/// Makes models and judges them, one after another, so that only one is in memory.
/// <list type="number">
/// <item>Lay out the scenarios of the part.</item>
/// <item>For each model: fit it, ask it everything that it can answer, measure exposure.</item>
/// <item>Compare all pairs in each scenario.</item>
/// </list>
/// </summary>
public static class EvaluationRun
{
    /// <param name="inputs">The data.</param>
    /// <param name="part">The part that is judged.</param>
    /// <param name="recipes">The models.</param>
    /// <param name="hyperparameters">By name of the model; those that are not in it are tuned.</param>
    /// <param name="begin">Begins a step, ending the one before; its progress goes from 0 to 1.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InvalidDataException">The split has no users with targets in this part, no model can be made of the data, or hyper-parameters are not in the form of their model.</exception>
    public static EvaluationReport Run(
        EvaluationInputs inputs, EvaluationPart part, IReadOnlyList<EntrantRecipe> recipes, JsonObject? hyperparameters, Func<string, IProgress<double>> begin, CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        // :: Step 1
        IReadOnlyList<Scenario> scenarios = Scenarios.All(inputs.Split, part, inputs.Contexts);
        if (scenarios.Count == 0)
            throw new InvalidDataException($"The {(part == EvaluationPart.Test ? "test" : "validation")} part has no users with targets: nothing can be judged.");

        // :: Step 2
        var reports = new List<EntrantReport>();
        var leftOut = new List<(string Name, string Reason)>();
        var exposure = new List<ExposureReport>();
        foreach (EntrantRecipe recipe in recipes)
        {
            if (recipe.WhyNot(inputs) is { } reason)
            {
                leftOut.Add((recipe.Name, reason));
                continue;
            }

            JsonObject? given = (hyperparameters?[recipe.Name] ?? hyperparameters?[recipe.HyperparametersName]) as JsonObject;
            EntrantReport report = Judged(inputs, recipe, given, scenarios, begin, cancellationToken);
            reports.Add(report);
            foreach (ScenarioResult result in report.Results)
                exposure.AddRange(inputs.Groupings.Select(grouping => ExposureReport.Of(result, grouping)));
        }

        if (reports.Count == 0)
            throw new InvalidDataException($"None of the models can be made of these data: {string.Join("; ", leftOut.Select(one => $"{one.Name}: {one.Reason}"))}.");

        // :: Step 3
        IProgress<double> comparing = begin("significance");
        var significance = new Dictionary<string, IReadOnlyList<PairedComparison>>(StringComparer.Ordinal);
        for (int i = 0; i < scenarios.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            significance[scenarios[i].Name] = PairedBootstrap.Compare([.. reports.SelectMany(report => report.Results.Where(result => result.Scenario == scenarios[i]))]);
            comparing.Report((i + 1.0) / scenarios.Count);
        }

        return new EvaluationReport
        {
            Dataset = inputs.Dataset,
            Part = part,
            Scenarios = scenarios,
            Entrants = reports,
            LeftOut = leftOut,
            Significance = significance,
            Exposure = exposure,
            TrainingUsers = inputs.Split.TrainingUserIds.Count,
            TrainingEvents = inputs.Split.Training.Total,
            CatalogueItems = inputs.Split.Items.TrainingCount,
            Seed = inputs.Seed,
            Elapsed = Stopwatch.GetElapsedTime(begun),
        };
    }

    private static EntrantReport Judged(
        EvaluationInputs inputs, EntrantRecipe recipe, JsonObject? hyperparameters, IReadOnlyList<Scenario> scenarios, Func<string, IProgress<double>> begin, CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        Entrant entrant = recipe.Make(inputs, hyperparameters, begin($"{recipe.Name}: {(hyperparameters is null ? "tune and fit" : "fit")}"), cancellationToken);
        TimeSpan fitTime = Stopwatch.GetElapsedTime(begun);
        IProgress<double> judging = begin($"{recipe.Name}: judge");
        begun = Stopwatch.GetTimestamp();
        var results = new List<ScenarioResult>();
        for (int i = 0; i < scenarios.Count; i++)
        {
            if (entrant.For(scenarios[i]) is { } model)
                results.Add(inputs.Judge.Evaluate(model, scenarios[i], cancellationToken) with { Model = recipe.Name });
            judging.Report((i + 1.0) / scenarios.Count);
        }

        return new EntrantReport(recipe.Name, recipe.Description, entrant.Hyperparameters, results, fitTime, Stopwatch.GetElapsedTime(begun));
    }
}
