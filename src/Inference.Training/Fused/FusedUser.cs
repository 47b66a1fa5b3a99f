using Inference.Recommendations.Features;
using Inference.Training.Evaluation;

namespace Inference.Training.Fused;

/// <summary>A user of a scenario with everything that sources read.</summary>
/// <param name="Asked">History, what may not be ranked, what is to be found.</param>
/// <param name="Features">Plain features.</param>
/// <param name="Embedding">Of features and history.</param>
/// <param name="ContextEmbedding">Of the features alone.</param>
internal sealed record FusedUser(ScenarioUser Asked, IReadOnlyDictionary<string, FeatureValue> Features, float[] Embedding, float[] ContextEmbedding);
