namespace Inference.Training.Evaluation;

/// <summary>What one group is shown.</summary>
/// <param name="Group">The group.</param>
/// <param name="Floor">The share of the slots that it is to have.</param>
/// <param name="Without">Its share of the places of all first tens without floors.</param>
/// <param name="With">With them.</param>
public sealed record FlooredGroup(string Group, double Floor, double Without, double With);

/// <summary>What floors of exposure cost and bring in one scenario.</summary>
/// <param name="Scenario">Its name.</param>
/// <param name="Without">NDCG@10 without floors.</param>
/// <param name="Loss">The paired difference, with floors against without.</param>
/// <param name="Groups">By floor.</param>
/// <param name="NotKept">Share of the slates that do not keep all floors: too few of the best items are in their groups.</param>
public sealed record FloorCost(string Scenario, double Without, PairedComparison Loss, IReadOnlyList<FlooredGroup> Groups, double NotKept)
{
    /// <summary>NDCG@10 with floors.</summary>
    public double With => Without + Loss.Difference;

    /// <summary>What a report says of a model with and without floors; and the report with the exposure of their groups.</summary>
    /// <param name="report">Of both.</param>
    /// <param name="model">Name of the entrant without floors.</param>
    /// <param name="floored">The entrant with them.</param>
    public static (IReadOnlyList<FloorCost> Costs, EvaluationReport Report) Of(EvaluationReport report, string model, FlooredRanking floored)
    {
        ItemGrouping grouping = floored.Grouping;
        var costs = new List<FloorCost>();
        var exposure = new List<ExposureReport>(report.Exposure);
        foreach (Scenario scenario in report.Scenarios)
        {
            if (ResultOf(report, model, scenario) is not { } without || ResultOf(report, floored.Name, scenario) is not { } with)
                continue;
            PairedComparison loss = report.Significance[scenario.Name].First(pair => pair.Model == floored.Name && pair.Baseline == model);
            ExposureReport before = ExposureReport.Of(without, grouping), after = ExposureReport.Of(with, grouping);
            exposure.AddRange([before, after]);
            costs.Add(new FloorCost(scenario.Name, without.Metrics.Ndcg10, loss, [.. floored.Floors.Floors.Select(floor => new FlooredGroup(floor.Group, floor.Share, ShareOf(before, floor.Group), ShareOf(after, floor.Group)))], floored.NotKept(scenario)));
        }

        return (costs, report with { Exposure = exposure });
    }

    private static ScenarioResult? ResultOf(EvaluationReport report, string model, Scenario scenario) =>
        report.Entrants.FirstOrDefault(entrant => entrant.Name == model)?.Results.FirstOrDefault(result => result.Scenario == scenario);

    /// <summary>0 for a group without candidates, which reports leave out.</summary>
    private static double ShareOf(ExposureReport report, string group) => report.Groups.FirstOrDefault(one => one.Group == group)?.Exposure ?? 0;
}
