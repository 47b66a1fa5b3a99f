namespace Inference.Recommendations.Fusion;

/// <summary>
/// What the sources of a fused model are multiplied with where an item is new: nobody had touched it when the sources were made, so those that count clicks say nothing of it, and the weights of known items would let
/// that silence speak against it.
/// </summary>
/// <remarks>
/// The score of a new item is <c>D · (level + g · Σ_s w_s · (x_s(i) − mean_s) ∕ deviation_s)</c> with g = (n + 1) ∕ (n + 6) for n known events: what is like a single
/// event stands out from all new items, but says little. Means and deviations are over the new items, and D is the deviation of the fused score by the other weights, so the level is
/// the place of the average new item among all items.
/// </remarks>
public sealed class NewItemWeights
{
    private readonly float[] _weights;

    /// <param name="firstRow">Rows from this one on are new, and so is all that comes after the bundle; at least 1.</param>
    /// <param name="level">Where the average new item stands, in deviations of the fused score; finite.</param>
    /// <param name="weights">One per source, in the model's order; finite, and one of them is not 0.</param>
    /// <exception cref="ArgumentException">Numbers that are not so.</exception>
    public NewItemWeights(int firstRow, float level, IReadOnlyList<float> weights)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(firstRow, 1);
        if (!float.IsFinite(level))
            throw new ArgumentException("The level of new items is not finite.", nameof(level));
        if (!weights.All(float.IsFinite) || weights.All(weight => weight == 0f))
            throw new ArgumentException("The weights of new items are finite, and one of them is not 0.", nameof(weights));
        (FirstRow, Level, _weights) = (firstRow, level, [.. weights]);
    }

    /// <summary>Rows from this one on are new.</summary>
    public int FirstRow { get; }

    /// <summary>Where the average new item stands, in deviations of the fused score.</summary>
    public float Level { get; }

    /// <summary>One per source.</summary>
    public ReadOnlySpan<float> Weights => _weights;
}
