using Recsys.V1;

namespace Inference.Cli.Load;

/// <summary>What a load looks at in an answer.</summary>
/// <param name="ServedBy">The rung that gave it; unspecified for events.</param>
/// <param name="IsDegraded">Whether it says that it is less than it could have been.</param>
/// <param name="IsEmpty">Whether it holds nothing: no item, no event recorded.</param>
/// <param name="Failure">Why there is none; null where there is.</param>
internal readonly record struct LoadAnswer(Rung ServedBy, bool IsDegraded, bool IsEmpty, Exception? Failure = null);
