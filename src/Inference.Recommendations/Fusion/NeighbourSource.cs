using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Fusion;

/// <summary>How the lists of several history items become one score.</summary>
public enum NeighbourCombination
{
    /// <summary>The sum over the history.</summary>
    Sum = 0,

    /// <summary>The largest over the history; 0 where no list is positive.</summary>
    Largest = 1,
}

/// <summary>
/// Weights from items of the history to others, such as those of EASE, item neighbours or pair rules: <c>score(j) = Σ_k decay^k · W[h_k, j]</c> over the latest items h_0 (the newest), h_1, …
/// </summary>
public sealed class NeighbourSource : ScoreSource
{
    /// <param name="name">Its name in the model, for example "ease".</param>
    /// <param name="lists">W: items × items.</param>
    /// <param name="decay">What each step into the past is multiplied with; in (0, 1].</param>
    /// <param name="latest">How many of the latest items count, at least 1; <see cref="int.MaxValue"/> for all.</param>
    /// <param name="combination">Sum or largest.</param>
    /// <param name="isStandardised">See <see cref="ScoreSource.IsStandardised"/>.</param>
    /// <param name="weights">What the weights are, for explanations.</param>
    public NeighbourSource(
        string name, WeightedLists lists, float decay = 1f, int latest = int.MaxValue, NeighbourCombination combination = NeighbourCombination.Sum, bool isStandardised = true,
        NeighbourWeights weights = NeighbourWeights.Other)
        : base(name, Sources.Neighbours, lists.RowCount, isStandardised)
    {
        if (lists.ColumnCount != lists.RowCount)
            throw new ArgumentException($"Lists of {lists.RowCount} items go to {lists.ColumnCount}.", nameof(lists));
        if (!(decay is > 0f and <= 1f))
            throw new ArgumentOutOfRangeException(nameof(decay), decay, "A decay is above 0 and at most 1.");
        ArgumentOutOfRangeException.ThrowIfLessThan(latest, 1);
        (Lists, Decay, Latest, Combination, Weights) = (lists, decay, latest, combination, weights);
    }

    /// <summary>W: items × items.</summary>
    public WeightedLists Lists { get; }

    /// <summary>In (0, 1].</summary>
    public float Decay { get; }

    /// <summary>How many of the latest items count.</summary>
    public int Latest { get; }

    /// <summary>Sum or largest.</summary>
    public NeighbourCombination Combination { get; }

    /// <summary>What the weights are.</summary>
    public NeighbourWeights Weights { get; }

    internal override bool ReadsHistory => true;

    internal override bool IsSparse => true;

    internal override bool Score(in FusionInput input, FusionScratch scratch, RowsToScore rows, Span<float> scores)
    {
        ReadOnlySpan<int> latest = LatestOf(scratch);
        if (latest.IsEmpty)
            return false;
        scores.Clear();
        float factor = 1f;
        foreach (int item in latest)
        {
            if (Combination == NeighbourCombination.Sum)
                rows.Add(Lists, item, factor, scores);
            else
                Raise(item, factor, rows, scores);
            factor *= Decay;
        }

        return true;
    }

    internal override void Propose(in FusionInput input, FusionScratch scratch, int most)
    {
        foreach (int item in LatestOf(scratch))
        {
            foreach (int row in Lists.ColumnsOf(item))
                scratch.Candidates.Add(row);
        }
    }

    internal override int NearestOf(int row, FusionScratch scratch)
    {
        float highest = 0f, factor = 1f;
        int nearest = -1;
        foreach (int item in LatestOf(scratch))
        {
            float part = factor * Lists.WeightOf(item, row);
            if (part > highest)
                (highest, nearest) = (part, item);
            factor *= Decay;
        }

        return nearest;
    }

    private ReadOnlySpan<int> LatestOf(FusionScratch scratch)
    {
        ReadOnlySpan<int> all = scratch.Latest;
        return all.Length > Latest ? all[..Latest] : all;
    }

    private void Raise(int item, float factor, RowsToScore rows, Span<float> scores)
    {
        ReadOnlySpan<int> columns = Lists.ColumnsOf(item);
        ReadOnlySpan<float> weights = Lists.WeightsOf(item);
        for (int i = 0; i < columns.Length; i++)
        {
            if (rows.PlaceOf(columns[i]) is >= 0 and int place)
                scores[place] = MathF.Max(scores[place], factor * weights[i]);
        }
    }
}
