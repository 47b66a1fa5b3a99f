using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Guards;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Bundles;
using Inference.Training.Evaluation;
using Inference.Training.Models;

namespace Inference.Training.Fused;

/// <summary>
/// A loaded bundle as the judge asks it: with the scorer, the tower and the item embeddings that serve. Items and users are found by id, so any bundle can be judged on any data; what it does not
/// know scores below everything that it knows.
/// </summary>
public sealed class BundleRanking : RankingModel
{
    private readonly Snapshot _snapshot;
    private readonly EvaluationInputs _inputs;
    private readonly int[] _rowOf;

    /// <param name="name">As reports call it.</param>
    /// <param name="loaded">The bundle; stays the caller's to dispose.</param>
    /// <param name="inputs">The data that it is judged on.</param>
    public BundleRanking(string name, LoadedBundle loaded, EvaluationInputs inputs)
    {
        (Name, _snapshot, _inputs) = (name, loaded.Snapshot, inputs);
        _rowOf = [.. inputs.Split.Items.Ids.Select(id => _snapshot.Items.TryGetRow(id, out int row) ? row : -1)];
    }

    public override string Name { get; }

    /// <summary>What answers.</summary>
    internal Snapshot Snapshot => _snapshot;

    public override bool ScoresColdItems => true;

    /// <summary>The same with slates that keep floors of exposure; groups are those of the bundle's items.</summary>
    /// <param name="name">As reports call it.</param>
    /// <param name="floors">The floors.</param>
    /// <param name="depth">How many of the best beyond the slate they may take from.</param>
    public FlooredRanking WithFloors(string name, ExposureFloors floors, int depth)
    {
        ItemGroups groups = _snapshot.Items.GroupsOf(floors);
        return new FlooredRanking(name, this, floors, [.. _rowOf.Select(row => row < 0 ? 0 : groups.Of(row))], depth);
    }

    public override void Score(in RankingInput user, Span<double> scores)
    {
        IReadOnlyDictionary<string, FeatureValue> features = user.User < 0 ? FeatureSet.None : _inputs.Features.UserFeatures(_inputs.Contexts.UserIds[user.User]);
        int[] history = RowsOf(user.History.Span), passed = RowsOf(user.Passed.Span);
        // Servers hand them over with the newest first.
        Array.Reverse(passed);
        float[] rows = new float[_snapshot.Items.BundleRows];
        Ask(features, history, passed, rows);
        float lowest = rows.Min() - 1;
        for (int item = 0; item < scores.Length; item++)
            scores[item] = _rowOf[item] < 0 ? lowest : rows[_rowOf[item]];
    }

    /// <summary>The bundle's row of an item; −1 where it does not know it.</summary>
    internal int RowOf(int item) => _rowOf[item];

    /// <summary>The rows of the items that the bundle knows, in their order.</summary>
    internal int[] RowsOf(ReadOnlySpan<int> items)
    {
        var rows = new List<int>(items.Length);
        foreach (int item in items)
        {
            if (_rowOf[item] >= 0)
                rows.Add(_rowOf[item]);
        }

        return [.. rows];
    }

    private void Ask(IReadOnlyDictionary<string, FeatureValue> features, int[] history, int[] passed, float[] rows)
    {
        // The judge asks from threads of its own, and an idle tower answers on the caller's thread.
        if ((_snapshot.Fusion ?? (history.Length + features.Count + passed.Length > 0 ? _snapshot.ScorerFor(history, passed.Length > 0) : null)) is { } fusion)
        {
            fusion.ScoreAsync(_snapshot.UserTower, _snapshot.Model.Dimension, new FeatureSet(features), history, passed, rows, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            return;
        }

        if (history.Length == 0 && features.Count == 0)
        {
            for (int row = 0; row < rows.Length; row++)
                rows[row] = _snapshot.Popularity.RateOf(row);
            return;
        }

        float[] embedding = new float[_snapshot.Model.Dimension];
        UserTowerInput[] input = [new UserTowerInput(new FeatureSet(features), history)];
        _snapshot.UserTower.EncodeAsync(input, embedding, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        for (int row = 0; row < rows.Length; row++)
            rows[row] = _snapshot.Index.Score(embedding, row);
    }
}
