using System.Buffers;
using System.Numerics.Tensors;

namespace Inference.Recommendations.Exploration;

/// <summary>
/// With which probability each of some independent draws <c>u_i = z_i + logit(θ_i), θ_i ~ Beta(a_i, b_i)</c> is the highest:
/// <c>P_i = ∫ f_i(u) Π_{j≠i} F_j(u) du</c>, as a sum over equal cells with the product at their middles.
/// </summary>
internal static class BestOfDraws
{
    private const int Cells = 128;

    /// <summary>A distribution function below this counts as this, so that its logarithm is finite.</summary>
    private const float Floor = 1e-30f;

    /// <param name="pool">At least one item.</param>
    /// <param name="rate">Click rate of the average impression.</param>
    /// <param name="priorImpressions">For how many impressions at that rate the prior stands.</param>
    /// <param name="tables">Where distributions are found.</param>
    /// <param name="probabilities">Receives one per item, with sum 1.</param>
    public static void Weigh(ReadOnlySpan<PoolItem> pool, double rate, double priorImpressions, LogitBetas tables, Span<double> probabilities)
    {
        int count = pool.Length;
        LogitBeta[] betas = ArrayPool<LogitBeta>.Shared.Rent(count);
        float[] edges = ArrayPool<float>.Shared.Rent(count * (Cells + 1)), logs = ArrayPool<float>.Shared.Rent(count * Cells);
        try
        {
            // :: Step 1 where the best may lie
            double low = double.NegativeInfinity, high = double.NegativeInfinity;
            for (int i = 0; i < count; i++)
            {
                betas[i] = tables.Of((priorImpressions * rate) + pool[i].Clicked, (priorImpressions * (1 - rate)) + Math.Max(0, pool[i].Shown - pool[i].Clicked));
                low = Math.Max(low, pool[i].Score + betas[i].Low);
                high = Math.Max(high, pool[i].Score + betas[i].High);
            }

            // :: Step 2 the distribution functions at the edges of the cells, and the logarithms of those at the middles
            double width = (high - low) / Cells;
            Span<float> sums = stackalloc float[Cells];
            sums.Clear();
            for (int i = 0; i < count; i++)
            {
                Span<float> edge = edges.AsSpan(i * (Cells + 1), Cells + 1), log = logs.AsSpan(i * Cells, Cells);
                // What lies below the first edge is of the first cell.
                edge[0] = 0f;
                for (int cell = 1; cell <= Cells; cell++)
                    edge[cell] = betas[i].Cdf(low + (cell * width) - pool[i].Score);
                for (int cell = 0; cell < Cells; cell++)
                    log[cell] = MathF.Max(Floor, 0.5f * (edge[cell] + edge[cell + 1]));
                TensorPrimitives.Log<float>(log, log);
                TensorPrimitives.Add(sums, log, sums);
            }

            // :: Step 3 the sum over the cells
            double total = 0;
            Span<float> others = stackalloc float[Cells];
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<float> edge = edges.AsSpan(i * (Cells + 1), Cells + 1);
                TensorPrimitives.Subtract(sums, logs.AsSpan(i * Cells, Cells), others);
                TensorPrimitives.Exp<float>(others, others);
                double sum = 0;
                for (int cell = 0; cell < Cells; cell++)
                    sum += (edge[cell + 1] - edge[cell]) * (double)others[cell];
                total += probabilities[i] = sum;
            }

            for (int i = 0; i < count; i++)
                probabilities[i] = total > 0 ? probabilities[i] / total : 1.0 / count;
        }
        finally
        {
            ArrayPool<LogitBeta>.Shared.Return(betas, clearArray: true);
            ArrayPool<float>.Shared.Return(edges);
            ArrayPool<float>.Shared.Return(logs);
        }
    }
}
