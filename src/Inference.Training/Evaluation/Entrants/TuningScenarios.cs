using Inference.Training.Splits;

namespace Inference.Training.Evaluation.Entrants;

/// <summary>The scenarios of the validation part that hyper-parameters are chosen by; null or none where it has no users.</summary>
internal sealed class TuningScenarios
{
    private readonly Judge _judge;

    public TuningScenarios(EvaluationInputs inputs)
    {
        _judge = inputs.Judge;
        Scenario[] few =
        [
            .. FewShotUsers.Shots.Select(shots => Scenarios.FewShots(inputs.Split, EvaluationPart.Validation, shots, inputs.Contexts, Scenarios.MostUsersOfFewShotTuning)).Where(scenario => scenario.Users.Count > 0),
        ];
        Few = [.. few.Where(scenario => scenario.Kind == ScenarioKind.FewShots)];
        UnseenUser = few.FirstOrDefault(scenario => scenario.Kind == ScenarioKind.UnseenUser);
        Scenario warm = Scenarios.WarmUsers(inputs.Split, EvaluationPart.Validation, inputs.Contexts, Scenarios.MostUsersOfWarmTuning);
        Warm = warm.Users.Count > 0 ? warm : null;
    }

    /// <summary>By shots, ascending from 1; a sample of the unseen users.</summary>
    public IReadOnlyList<Scenario> Few { get; }

    public Scenario? UnseenUser { get; }

    /// <summary>A sample of the training users.</summary>
    public Scenario? Warm { get; }

    public double Ndcg10(Models.RankingModel model, Scenario scenario, CancellationToken cancellationToken) => _judge.Ndcg10(model, scenario, cancellationToken);

    /// <summary>Mean over some scenarios.</summary>
    public double Mean(Models.RankingModel model, IEnumerable<Scenario> scenarios, CancellationToken cancellationToken) =>
        scenarios.Average(scenario => Ndcg10(model, scenario, cancellationToken));
}
