using System.Collections.Frozen;
using Inference.Recommendations.Features;
using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Fusion;

/// <summary>The values of one context feature that a <see cref="ContextSource"/> has lists of.</summary>
/// <param name="Feature">Name of the feature.</param>
/// <param name="Values">Its values, as a text or a whole number in decimal; one list each, in this order.</param>
public sealed record ContextValues(string Feature, IReadOnlyList<string> Values);

/// <summary>
/// How the values of context features speak for items: <c>score(i) = Σ_f log((n_i,v + m p_i) ∕ ((n_v + m) p_i))</c> over the features f whose value v is known. Kept as a short list for each
/// value (the largest |log-ratio| · p_i); items that are not listed get 0.
/// </summary>
public sealed class ContextSource : ScoreSource
{
    private readonly (string Feature, FrozenDictionary<string, int> Rows)[] _tables;

    /// <param name="name">Its name in the model.</param>
    /// <param name="fields">The features and their values.</param>
    /// <param name="lists">Values of the first feature, then of the second …, × items.</param>
    /// <param name="isStandardised">See <see cref="ScoreSource.IsStandardised"/>; log-ratios need not be.</param>
    /// <exception cref="ArgumentException">There are more or fewer values than lists, or one is there twice.</exception>
    public ContextSource(string name, IReadOnlyList<ContextValues> fields, WeightedLists lists, bool isStandardised = false)
        : base(name, Sources.Context, lists.ColumnCount, isStandardised)
    {
        int values = fields.Sum(field => field.Values.Count);
        if (values != lists.RowCount)
            throw new ArgumentException($"{values} values of features, but {lists.RowCount} lists.", nameof(fields));
        (Fields, Lists) = (fields, lists);
        _tables = new (string, FrozenDictionary<string, int>)[fields.Count];
        int row = 0;
        for (int i = 0; i < fields.Count; i++)
        {
            var rows = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (string value in fields[i].Values)
            {
                if (!rows.TryAdd(value, row++))
                    throw new ArgumentException($"'{fields[i].Feature}' has the value '{value}' twice.", nameof(fields));
            }

            _tables[i] = (fields[i].Feature, rows.ToFrozenDictionary(StringComparer.Ordinal));
        }
    }

    /// <summary>The features and their values.</summary>
    public IReadOnlyList<ContextValues> Fields { get; }

    /// <summary>Values × items.</summary>
    public WeightedLists Lists { get; }

    internal override bool ReadsHistory => false;

    internal override bool IsSparse => true;

    internal override bool Score(in FusionInput input, FusionScratch scratch, RowsToScore rows, Span<float> scores)
    {
        bool spoke = false;
        foreach ((string feature, FrozenDictionary<string, int> table) in _tables)
        {
            if (!TryFind(input.Features, feature, table, out int list))
                continue;
            if (!spoke)
                scores.Clear();
            spoke = true;
            rows.Add(Lists, list, 1f, scores);
        }

        return spoke;
    }

    internal override void Propose(in FusionInput input, FusionScratch scratch, int most)
    {
        foreach ((string feature, FrozenDictionary<string, int> table) in _tables)
        {
            if (!TryFind(input.Features, feature, table, out int list))
                continue;
            foreach (int row in Lists.ColumnsOf(list))
                scratch.Candidates.Add(row);
        }
    }

    private static bool TryFind(FeatureSet features, string feature, FrozenDictionary<string, int> table, out int list)
    {
        list = -1;
        return features.TryGet(feature, out FeatureValue value) && value.AsCategory() is { } category && table.TryGetValue(category, out list);
    }
}
