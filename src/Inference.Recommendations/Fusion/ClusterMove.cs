using System.Numerics.Tensors;

namespace Inference.Recommendations.Fusion;

/// <summary>Which event of a history speaks most for a cluster: the one without which the cluster would have the least weight.</summary>
internal static class ClusterMove
{
    /// <summary>The row, or −1 where no event adds to the weight.</summary>
    /// <remarks>Without the event h, whose log-likelihood is a_h(c), weights are w_c e^(−a_h(c)) ∕ Σ_k w_k e^(−a_h(k)): it adds a_h(c) + ln Σ_k w_k e^(−a_h(k)) to the logarithm of the weight of c.</remarks>
    /// <param name="posterior">How clusters are weighed.</param>
    /// <param name="weights">Their weights; sum 1.</param>
    /// <param name="history">Distinct rows.</param>
    /// <param name="cluster">The cluster.</param>
    public static int RowOf(ClusterPosterior posterior, ReadOnlySpan<float> weights, ReadOnlySpan<int> history, int cluster)
    {
        if (posterior is not { Clicks: { } clicks, ClickWeight: > 0 })
            return -1;
        Span<float> log = weights.Length <= 256 ? stackalloc float[weights.Length] : new float[weights.Length];
        int best = -1;
        double highest = 0;
        foreach (int row in history)
        {
            TensorPrimitives.Multiply(posterior.ClickOffsets, posterior.ClickWeight, log);
            clicks.AddTo(row, posterior.ClickWeight, log);
            double own = log[cluster], without = 0;
            for (int c = 0; c < log.Length; c++)
                without += weights[c] * Math.Exp(-log[c]);
            double added = own + Math.Log(without);
            if (added > highest)
                (highest, best) = (added, row);
        }

        return best;
    }
}
