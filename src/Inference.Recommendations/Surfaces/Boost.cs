namespace Inference.Recommendations.Surfaces;

/// <summary>Moves the items that a filter selects up or down.</summary>
/// <param name="Name">For explanations and audit.</param>
/// <param name="Filter">The filter expression, as it was written.</param>
/// <param name="Amount">What is added to the score, in standard deviations of the scores of the candidates; in [−100, 100].</param>
public sealed record Boost(string Name, string Filter, double Amount);
