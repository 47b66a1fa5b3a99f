using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Comparison;

/// <summary>Compares the slates of two models. A warm one allocates nothing; one thread at a time.</summary>
/// <param name="k">The k of overlap@k; at least 1.</param>
/// <param name="persistence">The p of rank-biased overlap, in (0, 1).</param>
public sealed class SlateComparer(int k = SlateComparer.DefaultDepth, double persistence = RankBiasedOverlap.DefaultPersistence)
{
    /// <summary>The k of overlap@k unless told.</summary>
    public const int DefaultDepth = 10;

    private readonly RankCorrelation _correlation = new();
    private readonly RankBiasedOverlap _biased = new(persistence);

    /// <summary>The pair that was compared last.</summary>
    public SlateAlignment Alignment { get; } = new();

    public SlateSimilarity Compare(IReadOnlyList<RecommendedItem> a, IReadOnlyList<RecommendedItem> b)
    {
        Alignment.Align(a, b);
        return new SlateSimilarity(
            Overlap.At(Alignment, k), Overlap.Jaccard(Alignment), _correlation.Of(Alignment), _biased.Of(Alignment), SameTop: Overlap.At(Alignment, 1) == 1);
    }
}
