using System.Buffers;
using System.Numerics.Tensors;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>
/// What a slate is like, for replies that explain themselves.
/// <list type="number">
/// <item>Diversity: 1 less the mean cosine of all pairs. For unit vectors u the pairs' cosines add up to (|Σ u|² − Σ |u|²) ∕ 2, so m items take m additions, not m² products.</item>
/// <item>Novelty: the mean of −log2 of the share of users who touched an item, at least that of half a user (Zhou et al., "Solving the apparent diversity-accuracy dilemma of recommender systems", 2010).</item>
/// <item>Popular share: of the items that together have more than half of all interactions (<see cref="Popularity.IsPopular"/>).</item>
/// <item>Coverage: distinct values of an attribute in the slate over as many as it could have.</item>
/// </list>
/// </summary>
internal static class SlateFigures
{
    /// <summary>For how many users the rates stand where the bundle does not say, having no profiles.</summary>
    private const int UsersUnlessTold = 1_000;

    /// <param name="snapshot">The model that answered.</param>
    /// <param name="slate">What is shown.</param>
    /// <param name="coverageAttribute">What coverage is of; empty for nothing.</param>
    /// <param name="eligible">Items that might have been shown.</param>
    public static SlateReport Of(Snapshot snapshot, Slate slate, string coverageAttribute, int eligible)
    {
        Popularity popularity = snapshot.Popularity;
        double least = 0.5 / Math.Max(1, snapshot.Profiles?.Users ?? UsersUnlessTold), bits = 0;
        int popular = 0;
        foreach (Slate.Place place in slate.Places)
        {
            bits -= Math.Log2(Math.Max(popularity.RateOf(place.Row), least));
            popular += popularity.IsPopular(place.Row) ? 1 : 0;
        }

        int count = Math.Max(1, slate.Count);
        return new SlateReport(
            DiversityOf(snapshot, slate), bits / count, popular / (double)count, coverageAttribute,
            coverageAttribute.Length == 0 ? 0 : AttributeCoverage.Of(snapshot.Items, slate.Places, coverageAttribute), eligible, 0, RetrieverOutcomes.Shown(slate));
    }

    /// <summary>Null for fewer than two items with a vector that has a direction.</summary>
    internal static double? DiversityOf(Snapshot snapshot, Slate slate)
    {
        int dimension = snapshot.Index.Dimension, pointing = 0;
        double squares = 0;
        float[] rented = ArrayPool<float>.Shared.Rent(2 * dimension);
        try
        {
            Span<float> sum = rented.AsSpan(0, dimension), vector = rented.AsSpan(dimension, dimension);
            sum.Clear();
            foreach (Slate.Place place in slate.Places)
            {
                if (!snapshot.Index.TryCopyVector(place.Row, vector) || TensorPrimitives.Norm<float>(vector) is not (> 0f and < float.PositiveInfinity and var norm))
                    continue;
                TensorPrimitives.Divide(vector, norm, vector);
                squares += TensorPrimitives.SumOfSquares<float>(vector);
                TensorPrimitives.Add(sum, vector, sum);
                pointing++;
            }

            if (pointing < 2)
                return null;
            double cosines = (TensorPrimitives.SumOfSquares<float>(sum) - squares) / ((double)pointing * (pointing - 1));
            return Math.Clamp(1 - cosines, 0, 2);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }
}
