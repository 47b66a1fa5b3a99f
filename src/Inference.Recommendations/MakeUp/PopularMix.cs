using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;

namespace Inference.Recommendations.MakeUp;

/// <summary>
/// How far the share of popular items in a slate is from a wanted one (H. Steck, "Calibrated recommendations", RecSys 2018, over two kinds of items: popular and niche).
/// <list type="number">
/// <item>Wanted, p: what is asked for, or <c>(h + 10 g) ∕ (n + 10)</c> with h popular ones of the n items of the history and g the share of popular items among all interactions: short histories are drawn to what all users do.</item>
/// <item>The slate's, q: its popular items over its items, as <c>q̃ = 0.99 q + 0.01 p</c>, so that the distance stays finite.</item>
/// <item>The distance: <c>KL(p ‖ q̃) = p ln(p ∕ q̃) + (1 − p) ln((1 − p) ∕ (1 − q̃))</c>.</item>
/// </list>
/// </summary>
/// <param name="wanted">p, in [0, 1].</param>
internal readonly struct PopularMix(double wanted)
{
    /// <summary>Items of a history that weigh as much as what all users do.</summary>
    private const double PriorItems = 10;

    private const double Smoothing = 0.01;

    /// <summary>The wanted share.</summary>
    public double Wanted => wanted;

    /// <summary>What a request wants.</summary>
    /// <param name="calibration">The rule.</param>
    /// <param name="popularity">Which items are popular.</param>
    /// <param name="history">Rows that the user touched.</param>
    public static PopularMix Of(Calibration calibration, Popularity popularity, ReadOnlySpan<int> history)
    {
        if (calibration.PopularShare is { } share)
            return new PopularMix(share);
        int popular = 0;
        foreach (int row in history)
            popular += popularity.IsPopular(row) ? 1 : 0;
        return new PopularMix((popular + (PriorItems * popularity.PopularShare)) / (history.Length + PriorItems));
    }

    /// <summary>The distance of a slate.</summary>
    /// <param name="popular">Its popular items.</param>
    /// <param name="items">Its items, at least 1.</param>
    /// <returns>In nats, at least 0.</returns>
    public double Distance(int popular, int items)
    {
        double q = ((1 - Smoothing) * popular / items) + (Smoothing * wanted);
        return Math.Max(0, Part(wanted, q) + Part(1 - wanted, 1 - q));
    }

    private static double Part(double p, double q) => p > 0 ? p * Math.Log(p / q) : 0;
}
