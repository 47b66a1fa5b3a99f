namespace Inference.Recommendations.Queries;

/// <summary>What a slate is like, and where it came from.</summary>
/// <param name="Diversity">1 less the mean cosine of all pairs, in [0, 2]; null for fewer than two items with vectors.</param>
/// <param name="Novelty">Mean of −log2 of the share of users who touched the item, in bits.</param>
/// <param name="PopularShare">Share of popular items, in [0, 1].</param>
/// <param name="CoverageAttribute">What <paramref name="Coverage"/> is of; empty for nothing.</param>
/// <param name="Coverage">Distinct values in the slate over as many as it could have, in [0, 1].</param>
/// <param name="EligibleItems">Items that may be shown to this request.</param>
/// <param name="ExplanationsLeftOut">Items whose explanation did not fit.</param>
/// <param name="Retrievers">What each retriever did.</param>
public sealed record SlateReport(
    double? Diversity, double Novelty, double PopularShare, string CoverageAttribute, double Coverage, long EligibleItems, int ExplanationsLeftOut, IReadOnlyList<RetrieverReport> Retrievers);

/// <summary>What one retriever did for a slate.</summary>
/// <param name="Name">As in <see cref="ScorePart"/>.</param>
/// <param name="Found">Candidates that it found.</param>
/// <param name="Shown">How many of them are in the slate.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Outcome">What became of it.</param>
public readonly record struct RetrieverReport(string Name, int Found, int Shown, TimeSpan Duration, RetrieverOutcome Outcome);

/// <summary>What became of a retriever in one request.</summary>
public enum RetrieverOutcome
{
    /// <summary>It found candidates, or looked and found none.</summary>
    Ok = 0,

    /// <summary>It knows nothing of this user.</summary>
    Silent,

    /// <summary>No time was left for it.</summary>
    Late,

    /// <summary>It failed.</summary>
    Failed,
}
