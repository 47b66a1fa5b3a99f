using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Runtime;

namespace Inference.Towers.Bundles;

/// <summary>
/// Holds the answers of the ranking model against what the exporter saw.
/// <list type="number">
/// <item>each case alone: every score agrees to the tolerance</item>
/// <item>all cases in one batch: the same, which fails where the model's answer depends on padding or on its neighbours</item>
/// </list>
/// </summary>
internal sealed class RankerGoldenCheck(string file, OnnxRanker? ranker, ItemCatalogue items, GuardedRuns runs, BundleProblems problems)
{
    private const int MaxCases = 10_000, MaxCandidates = 4_096;

    /// <summary>Checks all cases and reports each that fails.</summary>
    /// <returns>How many cases there are.</returns>
    public int Check(GoldenFile golden)
    {
        if (golden.Ranker is not { } cases)
            return 0;
        if (ranker is null)
        {
            problems.Add(file, "'ranker' has cases, but the bundle has no ranking model, or it does not fit.");
            return 0;
        }

        if (cases.Count is 0 or > MaxCases)
        {
            problems.Add(file, $"'ranker' has {cases.Count} entries; it can have 1 to {MaxCases}.");
            return 0;
        }

        int before = problems.Count;
        RankInput?[] inputs = [.. cases.Select((one, i) => InputOf(one, $"{file}: ranker[{i}]"))];
        if (problems.Count > before)
            return 0;
        double tolerance = golden.Tolerance ?? GoldenCheck.DefaultTolerance;
        for (int i = 0; i < inputs.Length; i++)
            Compare([inputs[i]!], [cases[i]], tolerance, i, "");
        if (problems.Count == before)
            Compare(inputs!, cases, tolerance, 0, "alone the candidates are scored as expected, but in a batch with the other cases ");
        return inputs.Length;
    }

    private RankInput? InputOf(RankerCase? one, string where)
    {
        if (one is null)
        {
            problems.Add(where, "is null.");
            return null;
        }

        foreach (string unknown in one.UnknownFields?.Keys ?? [])
            problems.Add(where, $"unknown field '{unknown}'.");
        foreach ((string name, FeatureValue value) in one.Features ?? FeatureSet.None)
        {
            if (!ranker!.Features.Knows(name))
                problems.Add(where, $"the ranker reads no feature '{name}' of users.");
            else if (value.Kind != FeatureKind.None && !ranker.Features.Accepts(name, value.Kind))
                problems.Add(where, $"the feature '{name}' is {value.Kind}; the ranker reads {ranker.Features.Describe(name)}.");
        }

        int count = one.Items?.Count ?? 0;
        if (count is 0 or > MaxCandidates)
            problems.Add(where, $"'items' has {count} ids; it can have 1 to {MaxCandidates}.");
        if ((one.Scores?.Count ?? 0) != count)
            problems.Add(where, $"'scores' has {one.Scores?.Count ?? 0} numbers for {count} items.");
        return new RankInput
        {
            Features = new FeatureSet(one.Features),
            History = RowsOf(one.History, "history", where),
            Rows = RowsOf(one.Items, "items", where),
            Cross = CrossOf(one, count, where),
            Now = one.Now ?? 0,
        };
    }

    private int[] RowsOf(IReadOnlyList<string>? ids, string field, string where)
    {
        var rows = new int[ids?.Count ?? 0];
        for (int i = 0; i < rows.Length; i++)
        {
            if (!items.TryGetRow(ids![i], out rows[i]))
                problems.Add(where, $"'{field}' has '{ids[i]}', which is no item of the bundle.");
        }

        return rows;
    }

    private float[] CrossOf(RankerCase one, int count, string where)
    {
        var cross = new float[count * CrossFeatures.Count];
        Array.Fill(cross, float.NaN);
        foreach ((string name, IReadOnlyList<float?> values) in one.Cross ?? new Dictionary<string, IReadOnlyList<float?>>())
        {
            if (!CrossFeatures.TryParse(name, out CrossFeature feature))
                problems.Add(where, $"'cross' has '{name}'; it can be {string.Join(", ", CrossFeatures.Names.Select(known => $"'{known}'"))}.");
            else if (values is null || values.Count != count)
                problems.Add(where, $"'cross.{name}' has {values?.Count ?? 0} numbers for {count} items.");
            else
            {
                for (int i = 0; i < count; i++)
                    cross[(i * CrossFeatures.Count) + (int)feature] = values[i] ?? float.NaN;
            }
        }

        return cross;
    }

    private void Compare(IReadOnlyList<RankInput> inputs, IReadOnlyList<RankerCase> cases, double tolerance, int first, string circumstance)
    {
        try
        {
            float[] scores = runs.Rank(ranker!, [.. inputs]);
            for (int i = 0, start = 0; i < inputs.Count; start += inputs[i++].Rows.Length)
            {
                for (int item = 0; item < inputs[i].Rows.Length; item++)
                {
                    double difference = Math.Abs((double)cases[i].Scores![item] - scores[start + item]);
                    if (difference <= tolerance)
                        continue;
                    problems.Add($"{file}: ranker[{first + i}]", $"{circumstance}the score of '{cases[i].Items![item]}' differs by {difference:G3}; {tolerance:G3} is allowed.");
                    break;
                }
            }
        }
        catch (TowerException e)
        {
            problems.Add($"{file}: ranker[{first}]", e.Message);
        }
    }
}
