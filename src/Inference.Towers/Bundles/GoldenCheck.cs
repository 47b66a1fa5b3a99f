using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Runtime;
using Inference.Vectors;

namespace Inference.Towers.Bundles;

/// <summary>
/// Holds the answers of the user tower and of exact search against what the exporter saw.
/// <list type="number">
/// <item>each case alone: the embedding agrees to the tolerance in every component</item>
/// <item>all cases in one batch: the same, which fails where the model's answer depends on padding or on its neighbours</item>
/// <item>the best items without the history are the expected ones, in order; items whose scores differ by rounding only may change places</item>
/// </list>
/// </summary>
internal sealed class GoldenCheck(string file, OnnxUserTower tower, ExactIndex index, ItemCatalogue items, GuardedRuns runs, BundleProblems problems)
{
    internal const double DefaultTolerance = 1e-4;
    private const double TieTolerance = 1e-6;
    private const int MaxCases = 10_000;

    private readonly HashSet<string> _known = new(tower.Features.Names, StringComparer.Ordinal);

    /// <summary>Checks all cases and reports each that fails.</summary>
    /// <returns>How many cases there are.</returns>
    public int Check(GoldenFile golden, Action<int, int> progress)
    {
        foreach (string unknown in golden.UnknownFields?.Keys ?? [])
            problems.Add(file, $"unknown field '{unknown}'.");
        double tolerance = golden.Tolerance ?? DefaultTolerance;
        if (!(tolerance > 0 && tolerance <= 1))
            problems.Add(file, $"'tolerance' is {tolerance}; it is above 0 and at most 1.");
        IReadOnlyList<GoldenCase> cases = golden.Cases ?? [];
        if (cases.Count == 0 && golden.Ranker is not null)
            return 0;
        if (cases.Count is 0 or > MaxCases)
        {
            problems.Add(file, $"'cases' has {cases.Count} entries; it can have 1 to {MaxCases}.");
            return 0;
        }

        int before = problems.Count;
        var inputs = new UserTowerInput[cases.Count];
        for (int i = 0; i < inputs.Length; i++)
            inputs[i] = InputOf(cases[i], $"{file}: cases[{i}]");
        if (problems.Count > before)
            return 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            CheckAlone(cases[i], inputs[i], tolerance, $"{file}: cases[{i}]");
            progress(i + 1, inputs.Length);
        }

        if (problems.Count == before)
            CheckTogether(cases, inputs, tolerance);
        return inputs.Length;
    }

    private UserTowerInput InputOf(GoldenCase? golden, string where)
    {
        if (golden is null)
        {
            problems.Add(where, "is null.");
            return default;
        }

        foreach (string unknown in golden.UnknownFields?.Keys ?? [])
            problems.Add(where, $"unknown field '{unknown}'.");
        foreach ((string name, FeatureValue value) in golden.Features ?? FeatureSet.None)
        {
            if (!_known.Contains(name))
                problems.Add(where, $"the user tower reads no feature '{name}'.");
            else if (value.Kind != FeatureKind.None && !tower.Features.Accepts(name, value.Kind))
                problems.Add(where, $"the feature '{name}' is {value.Kind}; the user tower reads {tower.Features.Describe(name)}.");
        }

        IReadOnlyList<string> history = golden.History ?? [];
        var rows = new int[history.Count];
        for (int i = 0; i < rows.Length; i++)
        {
            if (!items.TryGetRow(history[i], out rows[i]))
                problems.Add(where, $"'history' has '{history[i]}', which is no item of the bundle.");
        }

        foreach (string id in golden.Top ?? [])
        {
            if (!items.TryGetRow(id, out _))
                problems.Add(where, $"'top' has '{id}', which is no item of the bundle.");
        }

        if (golden.Embedding is not null && golden.Embedding.Count != index.Dimension)
            problems.Add(where, $"'embedding' has {golden.Embedding.Count} numbers; the dimension is {index.Dimension}.");
        if (golden.Embedding is null && golden.Top is null)
            problems.Add(where, "has neither 'embedding' nor 'top', so there is nothing to check.");
        return new UserTowerInput(new FeatureSet(golden.Features), rows);
    }

    private void CheckAlone(GoldenCase golden, UserTowerInput input, double tolerance, string where)
    {
        try
        {
            float[] embedding = runs.Encode(tower.Runner, index.Dimension, input);
            if (golden.Embedding is not null && Furthest(golden.Embedding, embedding) is var (component, difference) && !(difference <= tolerance))
                problems.Add(where, $"the embedding differs by {difference:G3} in component {component}; {tolerance:G3} is allowed.");
            if (golden.Top is not null)
                CheckTop(golden.Top, embedding, input.History.Span, where);
        }
        catch (TowerException e)
        {
            problems.Add(where, e.Message);
        }
    }

    private void CheckTogether(IReadOnlyList<GoldenCase> cases, UserTowerInput[] inputs, double tolerance)
    {
        try
        {
            float[] embeddings = runs.Encode(tower.Runner, index.Dimension, inputs);
            for (int i = 0; i < inputs.Length; i++)
            {
                ArraySegment<float> embedding = new(embeddings, i * index.Dimension, index.Dimension);
                if (cases[i].Embedding is { } expected && Furthest(expected, embedding) is var (component, difference) && !(difference <= tolerance))
                {
                    problems.Add(
                        $"{file}: cases[{i}]",
                        $"alone the user is encoded as expected, but in a batch with the others component {component} differs by {difference:G3}: the model's answer depends on padding "
                        + "(set 'history.pad_to' to 'max_length') or on the other rows (set 'max_batch' to 1).");
                }
            }
        }
        catch (TowerException e)
        {
            problems.Add(file, $"each case alone can be encoded, but not all in one batch: {e.Message}");
        }
    }

    private void CheckTop(IReadOnlyList<string> expected, float[] embedding, ReadOnlySpan<int> history, string where)
    {
        using RowSet denied = RowSet.Rent(items.Count);
        denied.AddRange(history);
        var found = new Neighbor[expected.Count];
        int count = index.Search(embedding, found, RowFilter.Deny(denied));
        for (int rank = 0; rank < expected.Count; rank++)
        {
            items.TryGetRow(expected[rank], out int row);
            if (rank >= count)
            {
                problems.Add(where, $"rank {rank + 1} should be '{expected[rank]}', but only {count} items are left.");
                return;
            }

            float score = index.Score(embedding, row);
            if (found[rank].Row != row && (denied.Contains(row) || Math.Abs(found[rank].Score - score) > TieTolerance * Math.Max(1, Math.Abs(score))))
            {
                problems.Add(where, $"rank {rank + 1} is '{items.IdOf(found[rank].Row)}' ({found[rank].Score}), but should be '{expected[rank]}' ({score}).");
                return;
            }
        }
    }

    private static (int Component, double Difference) Furthest(IReadOnlyList<float> expected, IReadOnlyList<float> actual)
    {
        (int Component, double Difference) furthest = (0, 0);
        for (int i = 0; i < expected.Count; i++)
        {
            double difference = Math.Abs((double)expected[i] - actual[i]);
            if (!(difference <= furthest.Difference))
                furthest = (i, difference);
        }

        return furthest;
    }
}
