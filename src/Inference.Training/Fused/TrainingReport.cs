using System.Text.Json;
using Inference.Training.Evaluation;

namespace Inference.Training.Fused;

/// <summary>What became of a training.</summary>
/// <param name="Bundle">Folder of the bundle.</param>
/// <param name="EmbeddingSpaceId">Its space.</param>
/// <param name="Part">The part of the split that results are of.</param>
/// <param name="Results">Of popularity, the towers alone, and the fused model, by scenario.</param>
/// <param name="Sources">Names of the sources that count.</param>
/// <param name="Card">What the manifest says.</param>
/// <param name="Elapsed">What it took, publishing included.</param>
public sealed record TrainingReport(
    string Bundle, string EmbeddingSpaceId, EvaluationPart Part, IReadOnlyList<ScenarioResult> Results, IReadOnlyList<string> Sources, JsonElement Card, TimeSpan Elapsed);
