using Inference.Training.Models;

namespace Inference.Training.Evaluation;

/// <summary>One user of a scenario.</summary>
/// <param name="Id">Id of the user.</param>
/// <param name="Input">What the model may know.</param>
/// <param name="Excluded">Item indexes that rank behind all others; those that are no candidates are passed over.</param>
/// <param name="Targets">Item indexes that it has to find, none twice; those that are no candidates do not count.</param>
public readonly record struct ScenarioUser(string Id, RankingInput Input, ReadOnlyMemory<int> Excluded, ReadOnlyMemory<int> Targets);
