namespace Inference.Training.Evaluation;

/// <summary>A model's answers to a scenario, and what they are worth.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Scenario">What it was asked.</param>
/// <param name="Metrics">Over all users.</param>
/// <param name="Ndcg10">NDCG@10 per user, in the order of the scenario; what significance is computed from.</param>
/// <param name="Exposures">How often each item was in a first ten, by item index, as long as the scores of the scenario.</param>
/// <param name="Elapsed">What scoring and judging took.</param>
public sealed record ScenarioResult(string Model, Scenario Scenario, ScenarioMetrics Metrics, double[] Ndcg10, int[] Exposures, TimeSpan Elapsed);
