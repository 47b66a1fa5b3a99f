using System.Globalization;
using System.Text;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Pipeline;

/// <summary>What the sources of a fused model had in the scores of a slate, for replies that explain themselves. It covers the whole slate that was filled, whatever part of it is shown.</summary>
/// <param name="model">The sources.</param>
/// <param name="rows">About how many rows it will be.</param>
internal sealed class FusedShares(FusionModel model, int rows)
{
    /// <summary>Shares that are named; the others are small.</summary>
    private const int MostNamed = 3;

    private readonly Dictionary<int, Noted> _rows = new(rows);
    private readonly List<float> _parts = new(rows * model.Sources.Count);
    private bool _hasClusterItems;

    /// <summary>The heaviest cluster; −1 where none was weighed.</summary>
    public int Cluster { get; private set; } = -1;

    /// <summary>Its weight among all.</summary>
    public float ClusterWeight { get; private set; }

    /// <summary>The row of the history that speaks most for it; −1 where there is none.</summary>
    public int ClusterRow { get; private set; } = -1;

    /// <summary>Notes what made the score of a placed row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="parts">By source: what it added.</param>
    /// <param name="scratch">Of the run.</param>
    /// <param name="main">The source with the largest part.</param>
    public void Add(int row, ReadOnlySpan<float> parts, FusionScratch scratch, int main)
    {
        int begin = _parts.Count;
        _parts.AddRange(parts);
        ScoreSource source = model.Sources[main];
        int nearest = row < source.RowCount ? source.NearestOf(row, scratch) : -1;
        (NeighbourWeights weights, float weight) = source is NeighbourSource neighbours && nearest >= 0 ? (neighbours.Weights, neighbours.Lists.WeightOf(nearest, row)) : default;
        _rows[row] = new Noted(begin, nearest, weights, weight, source is TowerSource { IsOfContext: true });
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

    /// <summary>The largest shares of a row in words; empty for rows that were filled in later.</summary>
    public string TextOf(int row)
    {
        if (!_rows.TryGetValue(row, out Noted noted))
            return "";
        Span<float> left = stackalloc float[model.Sources.Count];
        float sum = 0;
        for (int i = 0; i < left.Length; i++)
            sum += left[i] = MathF.Max(_parts[noted.Parts + i], 0f);
        var text = new StringBuilder();
        for (int named = 0; named < MostNamed && sum > 0; named++)
        {
            int largest = 0;
            for (int i = 1; i < left.Length; i++)
                largest = left[i] > left[largest] ? i : largest;
            if (!(left[largest] > 0))
                break;
            text.Append(named == 0 ? "Shares: " : ", ").Append(CultureInfo.InvariantCulture, $"{model.Sources[largest].Name} {left[largest] / sum * 100:0} %");
            left[largest] = 0;
        }

        return text.Length > 0 ? text.Append('.').ToString() : "";
    }

    /// <summary>The row of the history that speaks most for a row; −1 where there is none.</summary>
    public int NearestOf(int row) => _rows.TryGetValue(row, out Noted noted) ? noted.Nearest : -1;

    /// <summary>Whether the tower's answer to the context has the largest part, which knows nothing of the history.</summary>
    public bool IsOfContext(int row) => _rows.TryGetValue(row, out Noted noted) && noted.IsOfContext;

    /// <summary>The rule from <see cref="NearestOf"/> to a row; null where the main source has no rules.</summary>
    /// <param name="row">The row.</param>
    /// <param name="rate">Share of the users who have it, among those that rules were mined from.</param>
    public RuleFigures? RuleOf(int row, float rate) => _rows.TryGetValue(row, out Noted noted) ? RuleFigures.Of(noted.Weights, noted.Weight, rate) : null;

    /// <param name="Parts">Where its parts begin.</param>
    /// <param name="Nearest">Row of the history, or −1.</param>
    /// <param name="Weights">What the weight is.</param>
    /// <param name="Weight">Of the main source's list from the nearest row.</param>
    /// <param name="IsOfContext">Whether the main source is the tower's answer to the context.</param>
    private readonly record struct Noted(int Parts, int Nearest, NeighbourWeights Weights, float Weight, bool IsOfContext);
}
