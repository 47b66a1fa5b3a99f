using System.Text.Json.Nodes;
using Inference.Training.Models;

namespace Inference.Training.Evaluation;

/// <summary>A model as it is judged: which fitted model answers which kind of question; null where it has no answer, and is not asked.</summary>
/// <param name="Name">As results call it.</param>
public sealed record Entrant(string Name)
{
    public RankingModel? UnseenUser { get; init; }

    public RankingModel? FewShots { get; init; }

    public RankingModel? Warm { get; init; }

    public RankingModel? UnseenItems { get; init; }

    /// <summary>What was chosen, in the form that results files have; null where there was nothing to choose.</summary>
    public JsonObject? Hyperparameters { get; init; }

    /// <summary>One fitted model for every kind of question that it can answer.</summary>
    public static Entrant Of(RankingModel model) => new(model.Name) { UnseenUser = model, FewShots = model, Warm = model, UnseenItems = model.ScoresColdItems ? model : null };

    /// <summary>Who answers a scenario; null when nobody does.</summary>
    public RankingModel? For(Scenario scenario) => scenario.Kind switch
    {
        ScenarioKind.UnseenUser => UnseenUser,
        ScenarioKind.FewShots => FewShots,
        ScenarioKind.Warm => Warm,
        _ => UnseenItems,
    };
}
