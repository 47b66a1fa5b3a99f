using System.Text.Json.Nodes;

namespace Inference.Training.Evaluation;

/// <summary>What became of one entrant.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">One line for people.</param>
/// <param name="Hyperparameters">What was chosen or given; null where there was nothing to choose.</param>
/// <param name="Results">Its results in the order of the scenarios; those that it cannot answer are not there.</param>
/// <param name="FitTime">What fitting took, tuning included.</param>
/// <param name="JudgeTime">What scoring and judging took.</param>
public sealed record EntrantReport(string Name, string Description, JsonObject? Hyperparameters, IReadOnlyList<ScenarioResult> Results, TimeSpan FitTime, TimeSpan JudgeTime);

/// <summary>Everything that an evaluation found.</summary>
public sealed record EvaluationReport
{
    /// <summary>Name of the data set.</summary>
    public required string Dataset { get; init; }

    public required EvaluationPart Part { get; init; }

    /// <summary>The scenarios that there are users for.</summary>
    public required IReadOnlyList<Scenario> Scenarios { get; init; }

    /// <summary>In the order in which they were asked for.</summary>
    public required IReadOnlyList<EntrantReport> Entrants { get; init; }

    /// <summary>Entrants that the data cannot make, with the reason.</summary>
    public required IReadOnlyList<(string Name, string Reason)> LeftOut { get; init; }

    /// <summary>Per scenario, by name, every pair of entrants once.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<PairedComparison>> Significance { get; init; }

    /// <summary>By entrant, scenario and grouping.</summary>
    public required IReadOnlyList<ExposureReport> Exposure { get; init; }

    public required int TrainingUsers { get; init; }

    public required int TrainingEvents { get; init; }

    public required int CatalogueItems { get; init; }

    public required ulong Seed { get; init; }

    public required TimeSpan Elapsed { get; init; }
}
