using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Fusion;

/// <summary>
/// The fused model of a bundle that brings none: what is measured to serve users with no or few events, with weights that nobody learned.
/// <list type="number">
/// <item>z(log Σ_c w_c r(i|c)) + ½ T + a trace of popularity; the weights w of the clusters follow from context, clicks and what was passed over.</item>
/// <item>T = (1 − g) z(tower's answer to the context) + g z(its answer to the history), g = n ∕ (n + 1): the first click moves a tower too far. With 5 in place of 1, as for a tower alone, sessions and the first clicks came out worse, for the clusters hold the tower back already.</item>
/// </list>
/// Once many events are known the towers alone do better, so it is for the first ones.
/// </summary>
public static class ColdMixture
{
    private const float TowerWeight = 0.5f;

    /// <summary>Keeps the order sensible where clusters fail.</summary>
    private const float PopularityWeight = 0.02f;

    /// <summary>Events after which the history has half of the tower's part.</summary>
    private const float HalfOfTower = 1f;

    /// <summary>Numbers of events at which weights are given: all of the first ones, for which the mixture is made, and some later.</summary>
    private static readonly int[] Points = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30, 50, 100];

    /// <summary>Makes the model.</summary>
    /// <param name="items">Item embeddings, over all rows of the bundle.</param>
    /// <param name="profiles">The clusters.</param>
    /// <param name="popularity">As the bundle brought it.</param>
    public static FusionModel Of(TowerItems items, ClusterProfiles profiles, Popularity popularity)
    {
        float[] rates = new float[items.RowCount];
        for (int row = 0; row < rates.Length; row++)
            rates[row] = popularity.RateOf(row);
        ScoreSource[] sources =
        [
            new PopularitySource("popularity", rates),
            new ClusterSource("clusters", ClusterPosterior.OfRates(profiles, popularity), popularity),
            new TowerSource("tower_context", items, isOfContext: true),
            new TowerSource("tower", items),
        ];
        return new FusionModel(sources, new FusionWeights([.. Points.Select(WeightsAt)]));
    }

    private static FusionWeightPoint WeightsAt(int events)
    {
        float share = events / (events + HalfOfTower);
        return new FusionWeightPoint(events, [PopularityWeight, 1f, TowerWeight * (1f - share), TowerWeight * share]);
    }
}
