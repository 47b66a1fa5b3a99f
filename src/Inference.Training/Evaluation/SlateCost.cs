namespace Inference.Training.Evaluation;

/// <summary>A figure before and after.</summary>
/// <param name="Without">In the order of scores.</param>
/// <param name="With">Made up.</param>
public readonly record struct BeforeAfter(double Without, double With)
{
    /// <summary>The change as a share of what was before; 0 where that is 0.</summary>
    public double Change => Without == 0 ? 0 : (With - Without) / Without;
}

/// <summary>What the make-up of slates costs and brings in one scenario. Figures are those of the first ten.</summary>
/// <param name="Scenario">Its name.</param>
/// <param name="Ndcg">NDCG@10.</param>
/// <param name="Loss">Its paired difference, made up against not.</param>
/// <param name="ContentDiversity">Mean distance of content, as the protocol has it.</param>
/// <param name="VectorDiversity">Mean distance of item vectors, which is what the rules go by.</param>
/// <param name="Novelty">In bits.</param>
/// <param name="Coverage">Share of the candidates that are shown to anybody.</param>
public sealed record SlateCost(string Scenario, BeforeAfter Ndcg, PairedComparison Loss, BeforeAfter ContentDiversity, BeforeAfter VectorDiversity, BeforeAfter Novelty, BeforeAfter Coverage)
{
    /// <summary>What a report says of a model with and without.</summary>
    /// <param name="report">Of both.</param>
    /// <param name="model">Name of the entrant whose slates are in the order of scores.</param>
    /// <param name="madeUp">The entrant whose slates are made up.</param>
    public static IReadOnlyList<SlateCost> Of(EvaluationReport report, string model, MadeUpRanking madeUp)
    {
        var costs = new List<SlateCost>();
        foreach (Scenario scenario in report.Scenarios)
        {
            if (MetricsOf(report, model, scenario) is not { } without || MetricsOf(report, madeUp.Name, scenario) is not { } with)
                continue;
            (double before, double after) = madeUp.VectorDiversity(scenario);
            costs.Add(new SlateCost(
                scenario.Name, new(without.Ndcg10, with.Ndcg10), report.Significance[scenario.Name].First(pair => pair.Model == madeUp.Name && pair.Baseline == model),
                new(without.Ild10, with.Ild10), new(before, after), new(without.Novelty10, with.Novelty10), new(without.Coverage10, with.Coverage10)));
        }

        return costs;
    }

    private static ScenarioMetrics? MetricsOf(EvaluationReport report, string model, Scenario scenario) =>
        report.Entrants.FirstOrDefault(entrant => entrant.Name == model)?.Results.FirstOrDefault(result => result.Scenario == scenario)?.Metrics;
}
