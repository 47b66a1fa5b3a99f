namespace Inference.Recommendations.Snapshots;

/// <summary>An item by row, with the probability that a user touches it.</summary>
/// <param name="Row">Row of the catalogue.</param>
/// <param name="Rate">Share in [0, 1].</param>
public readonly record struct ScoredRow(int Row, float Rate);
