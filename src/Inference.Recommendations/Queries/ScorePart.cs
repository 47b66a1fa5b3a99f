namespace Inference.Recommendations.Queries;

/// <summary>One part of a score.</summary>
/// <param name="Name">The retriever, or the source of the fused model; "ranker"; "boost:NAME".</param>
/// <param name="Contribution">What it adds to the score.</param>
/// <param name="Score">What it gave the item itself, in its own unit; null where it did not find it.</param>
/// <param name="Rank">Place of the item among what it found, from 1; 0 where it did not find it, or scores without finding.</param>
public readonly record struct ScorePart(string Name, double Contribution, double? Score = null, int Rank = 0);
