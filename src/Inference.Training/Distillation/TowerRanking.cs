using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Bundles;
using Inference.Training.Evaluation;
using Inference.Training.Models;
using Inference.Training.TwoTower;
using Inference.Vectors;

namespace Inference.Training.Distillation;

/// <summary>The two towers of any bundle as a ranking model, without the other sources that the bundle may have. Items that the bundle does not know score below all that it knows. Safe for concurrent use.</summary>
public sealed class TowerRanking : EmbeddingTeacher, IDisposable
{
    private readonly IUserTower _tower;
    private readonly ExactIndex _items;
    private readonly EvaluationInputs _inputs;
    private readonly int[] _rowOf;
    private readonly int[] _known;
    private readonly int[] _knownRows;

    private TowerRanking(string name, IUserTower tower, ExactIndex items, ItemCatalogue catalogue, EvaluationInputs inputs)
    {
        (Name, _tower, _items, _inputs) = (name, tower, items, inputs);
        _rowOf = [.. inputs.Split.Items.Ids.Select(id => catalogue.TryGetRow(id, out int row) ? row : -1)];
        _known = [.. Enumerable.Range(0, _rowOf.Length).Where(item => _rowOf[item] >= 0)];
        _knownRows = [.. _known.Select(item => _rowOf[item])];
    }

    public override string Name { get; }

    public override bool ScoresColdItems => true;

    /// <summary>Share of the training items that the bundle knows.</summary>
    public double KnownShare => _rowOf.Take(_inputs.Split.Items.TrainingCount).Count(row => row >= 0) / Math.Max(1.0, _inputs.Split.Items.TrainingCount);

    public override int VectorLength => _items.Dimension;

    public override bool HasVectors => _items.Metric != Metric.L2;

    internal ExactIndex Items => _items;

    /// <summary>Of a bundle that is loaded, and stays the caller's to dispose.</summary>
    public static TowerRanking Of(string name, LoadedBundle bundle, EvaluationInputs inputs)
    {
        Snapshot snapshot = bundle.Snapshot;
        int rows = snapshot.Items.BundleRows, dimension = snapshot.Model.Dimension;
        float[] vectors = new float[checked(rows * dimension)];
        for (int row = 0; row < rows; row++)
            snapshot.Index.TryCopyVector(row, vectors.AsSpan(row * dimension, dimension));
        return new TowerRanking(name, snapshot.UserTower, new ExactIndex(VectorMatrix.Create(vectors, dimension), snapshot.Index.Metric), snapshot.Items, inputs);
    }

    /// <summary>Of a bundle that is being made.</summary>
    /// <param name="name">As reports call it.</param>
    /// <param name="towers">Its towers; stay the caller's to dispose.</param>
    /// <param name="content">What they were opened from.</param>
    /// <param name="inputs">The data that it is judged on.</param>
    public static async Task<TowerRanking> OfAsync(string name, OpenedTowers towers, BundleContent content, EvaluationInputs inputs, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<float> vectors = await towers.EmbedItemsAsync(cancellationToken: cancellationToken);
        return new TowerRanking(name, towers.User, new ExactIndex(VectorMatrix.Create(vectors.Span, content.Dimension), content.Metric), towers.Items, inputs);
    }

    /// <inheritdoc/>
    public override void Score(in RankingInput user, Span<double> scores)
    {
        float[] embedding = Embed(user), found = new float[_known.Length];
        _items.Score(embedding, _knownRows, found);
        float lowest = found.Length == 0 ? 0 : found.Min() - 1;
        scores.Fill(lowest);
        for (int i = 0; i < found.Length && _known[i] < scores.Length; i++)
            scores[_known[i]] = found[i];
    }

    public override float[] UserVector(in RankingInput user) => Embed(user);

    public override float[] ItemVector(int item)
    {
        float[] vector = new float[_items.Dimension];
        if (_rowOf[item] >= 0)
            _items.CopyVector(_rowOf[item], vector);
        if (_items.Metric == Metric.Cosine && System.Numerics.Tensors.TensorPrimitives.Norm<float>(vector) is > 0 and var length)
            System.Numerics.Tensors.TensorPrimitives.Divide(vector, length, vector);
        return vector;
    }

    public void Dispose() => _items.Dispose();

    /// <summary>What the user tower says.</summary>
    internal float[] Embed(in RankingInput user)
    {
        float[] embedding = new float[_items.Dimension];
        // The judge and the trainer ask from threads of their own, and an idle tower answers on the caller's thread.
        _tower.EncodeAsync(new[] { Input(user) }, embedding, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return embedding;
    }

    /// <summary>A user as the tower takes them.</summary>
    internal UserTowerInput Input(in RankingInput user)
    {
        IReadOnlyDictionary<string, FeatureValue> features = user.User < 0 ? FeatureSet.None : _inputs.Features.UserFeatures(_inputs.Contexts.UserIds[user.User]);
        var rows = new List<int>(user.History.Length);
        foreach (int item in user.History.Span)
        {
            if (_rowOf[item] >= 0)
                rows.Add(_rowOf[item]);
        }

        return new UserTowerInput(new FeatureSet(features), rows.ToArray());
    }
}
