using Inference.Recommendations.Fusion;
using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Pipeline;

/// <summary>What the main sources of a fused model go by, for the reasons of a slate. It covers the whole slate that was filled, whatever part of it is shown.</summary>
/// <param name="model">The sources.</param>
/// <param name="rows">About how many rows it will be.</param>
internal sealed class FusedShares(FusionModel model, int rows)
{
    private readonly Dictionary<int, Noted> _rows = new(rows);
    private bool _hasClusterItems;

    /// <summary>The heaviest cluster; −1 where none was weighed.</summary>
    public int Cluster { get; private set; } = -1;

    /// <summary>Its weight among all.</summary>
    public float ClusterWeight { get; private set; }

    /// <summary>The row of the history that speaks most for it; −1 where there is none.</summary>
    public int ClusterRow { get; private set; } = -1;

    /// <summary>Notes what the main source of a placed row goes by.</summary>
    /// <param name="row">The row.</param>
    /// <param name="scratch">Of the run.</param>
    /// <param name="main">The source with the largest part.</param>
    public void Add(int row, FusionScratch scratch, int main)
    {
        ScoreSource source = model.Sources[main];
        int nearest = row < source.RowCount ? source.NearestOf(row, scratch) : -1;
        (NeighbourWeights weights, float weight) = source is NeighbourSource neighbours && nearest >= 0 ? (neighbours.Weights, neighbours.Lists.WeightOf(nearest, row)) : default;
        _rows[row] = new Noted(nearest, weights, weight, source is TowerSource { IsOfContext: true });
        _hasClusterItems |= source.Kind == Sources.ClusterProfile;
    }

    /// <summary>Notes how clusters were weighed, once all rows are noted.</summary>
    public void End(FusionScratch scratch)
    {
        if (scratch.Weighed is not { } posterior)
            return;
        Cluster = scratch.HeaviestCluster;
        ClusterWeight = scratch.ClusterWeights[Cluster];
        if (_hasClusterItems)
            ClusterRow = ClusterMove.RowOf(posterior, scratch.ClusterWeights, scratch.Latest, Cluster);
    }

    /// <summary>The row of the history that speaks most for a row; −1 where there is none.</summary>
    public int NearestOf(int row) => _rows.TryGetValue(row, out Noted noted) ? noted.Nearest : -1;

    /// <summary>Whether the tower's answer to the context has the largest part, which knows nothing of the history.</summary>
    public bool IsOfContext(int row) => _rows.TryGetValue(row, out Noted noted) && noted.IsOfContext;

    /// <summary>The rule from <see cref="NearestOf"/> to a row; null where the main source has no rules.</summary>
    /// <param name="row">The row.</param>
    /// <param name="rate">Share of the users who have it, among those that rules were mined from.</param>
    public RuleFigures? RuleOf(int row, float rate) => _rows.TryGetValue(row, out Noted noted) ? RuleFigures.Of(noted.Weights, noted.Weight, rate) : null;

    /// <param name="Nearest">Row of the history, or −1.</param>
    /// <param name="Weights">What the weight is.</param>
    /// <param name="Weight">Of the main source's list from the nearest row.</param>
    /// <param name="IsOfContext">Whether the main source is the tower's answer to the context.</param>
    private readonly record struct Noted(int Nearest, NeighbourWeights Weights, float Weight, bool IsOfContext);
}
