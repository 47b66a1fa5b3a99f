namespace Inference.Training.Checks;

/// <summary>How a loaded bundle answers one of its golden cases.</summary>
/// <param name="Case">Number of the case, from 0.</param>
/// <param name="History">Items of the case's history.</param>
/// <param name="Features">Features of the case.</param>
/// <param name="LargestDifference">Of a component of the embedding; null where the case expects no embedding.</param>
/// <param name="SameRanks">How many of the expected best items are at their rank; null where the case expects none.</param>
/// <param name="Ranks">How many best items the case expects.</param>
public sealed record GoldenResult(int Case, int History, int Features, double? LargestDifference, int? SameRanks, int Ranks);
