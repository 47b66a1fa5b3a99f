using Inference.Recommendations.Features;

namespace Inference.Training.Profiles;

/// <summary>A user from whom profiles are learned.</summary>
/// <param name="Features">Context features by name.</param>
/// <param name="History">Rows of the catalogue that the user touched, latest last; no row twice.</param>
public readonly record struct TrainingUser(IReadOnlyDictionary<string, FeatureValue> Features, int[] History);
