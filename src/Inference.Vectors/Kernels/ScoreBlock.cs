using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Vectors.Kernels;

/// <summary>Turns 64 raw kernel results into scores and says which of them are worth a look: one bitmap word of rows at a time.</summary>
/// <remarks>
/// Scores leave here fit to be ranked: no NaN (a sum that left fp32 as ∞ − ∞ counts as −∞) and no −0 (which would rank below the 0 it equals). Element-wise
/// work, hence the same bits at every width.
/// </remarks>
internal static class ScoreBlock
{
    /// <summary>Rows of a block: the bits of a word.</summary>
    public const int Rows = 64;

    /// <summary>Finishes 64 scores in place.</summary>
    /// <param name="metric">What the kernels computed: inner products (also for cosine), or squared distances.</param>
    /// <param name="scores">64 raw results.</param>
    /// <param name="inverseNorms">64 factors ∕ |row|; read for cosine only.</param>
    /// <param name="threshold">The least score of interest.</param>
    /// <returns>Bit i: score i is at least the threshold.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong Finish(Metric metric, ref float scores, ref float inverseNorms, float threshold)
    {
        ulong candidates = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (int i = 0; i < Rows; i += Vector512<float>.Count)
            {
                Vector512<float> score = Vector512.LoadUnsafe(ref scores, (nuint)i);
                if (metric == Metric.L2)
                    score = -score;
                else if (metric == Metric.Cosine)
                    score *= Vector512.LoadUnsafe(ref inverseNorms, (nuint)i);
                score = Vector512.ConditionalSelect(Vector512.Equals(score, score), score, Vector512.Create(float.NegativeInfinity)) + Vector512<float>.Zero;
                if (metric == Metric.Cosine)
                    score = Vector512.Min(Vector512.Max(score, -Vector512<float>.One), Vector512<float>.One);
                score.StoreUnsafe(ref scores, (nuint)i);
                candidates |= Vector512.GreaterThanOrEqual(score, Vector512.Create(threshold)).ExtractMostSignificantBits() << i;
            }
            return candidates;
        }
        for (int i = 0; i < Rows; i += Vector256<float>.Count)
        {
            Vector256<float> score = Vector256.LoadUnsafe(ref scores, (nuint)i);
            if (metric == Metric.L2)
                score = -score;
            else if (metric == Metric.Cosine)
                score *= Vector256.LoadUnsafe(ref inverseNorms, (nuint)i);
            score = Vector256.ConditionalSelect(Vector256.Equals(score, score), score, Vector256.Create(float.NegativeInfinity)) + Vector256<float>.Zero;
            if (metric == Metric.Cosine)
                score = Vector256.Min(Vector256.Max(score, -Vector256<float>.One), Vector256<float>.One);
            score.StoreUnsafe(ref scores, (nuint)i);
            candidates |= (ulong)Vector256.GreaterThanOrEqual(score, Vector256.Create(threshold)).ExtractMostSignificantBits() << i;
        }
        return candidates;
    }
}
