namespace Inference.Recommendations.Comparison;

/// <summary>How much two slates for one request are alike. No figure depends on scores.</summary>
/// <param name="Overlap">Overlap@k, see <see cref="Comparison.Overlap.At"/>.</param>
/// <param name="Jaccard">Of the whole slates, see <see cref="Comparison.Overlap.Jaccard"/>.</param>
/// <param name="RankCorrelation">Kendall's τ-b over the union, see <see cref="Comparison.RankCorrelation"/>; NaN where a slate orders nothing.</param>
/// <param name="RankBiasedOverlap">RBO with p = 0.9, see <see cref="Comparison.RankBiasedOverlap"/>.</param>
/// <param name="SameTop">Whether both put the same item first; two empty slates do.</param>
public readonly record struct SlateSimilarity(double Overlap, double Jaccard, double RankCorrelation, double RankBiasedOverlap, bool SameTop);
