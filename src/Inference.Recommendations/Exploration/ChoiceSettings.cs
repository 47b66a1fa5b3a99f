namespace Inference.Recommendations.Exploration;

/// <summary>A policy with the parameters that it goes by: enough to compute its probabilities again. Parameters that the policy does not have are 0, so equal settings are the same policy.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Epsilon">Epsilon-greedy; as <see cref="ExplorationOptions.Epsilon"/>.</param>
/// <param name="Temperature">Softmax; as <see cref="ExplorationOptions.Temperature"/>.</param>
/// <param name="ConfidenceWidth">UCB; as <see cref="ExplorationOptions.ConfidenceWidth"/>.</param>
/// <param name="PriorImpressions">Thompson and UCB; as <see cref="ExplorationOptions.PriorImpressions"/>.</param>
public readonly record struct ChoiceSettings(ExplorationPolicy Policy, double Epsilon = 0, double Temperature = 0, double ConfidenceWidth = 0, double PriorImpressions = 0)
{
    /// <summary>A policy with the parameters of some options.</summary>
    public static ChoiceSettings Of(ExplorationPolicy policy, ExplorationOptions options) => policy switch
    {
        ExplorationPolicy.EpsilonGreedy => new ChoiceSettings(policy, Epsilon: options.Epsilon),
        ExplorationPolicy.Softmax => new ChoiceSettings(policy, Temperature: options.Temperature),
        ExplorationPolicy.Thompson => new ChoiceSettings(policy, PriorImpressions: options.PriorImpressions),
        ExplorationPolicy.Ucb => new ChoiceSettings(policy, ConfidenceWidth: options.ConfidenceWidth, PriorImpressions: options.PriorImpressions),
        _ => new ChoiceSettings(policy),
    };

    /// <summary>The rule of these settings.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such policy.</exception>
    public ChoiceRule ToRule() => ChoiceRule.Of(
        Policy, new ExplorationOptions { Epsilon = Epsilon, Temperature = Temperature, ConfidenceWidth = ConfidenceWidth, PriorImpressions = PriorImpressions });
}
