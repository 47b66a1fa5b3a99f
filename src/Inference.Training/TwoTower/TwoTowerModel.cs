using Inference.Training.Features;
using Inference.Training.Models;

namespace Inference.Training.TwoTower;

/// <summary>A trained user and item tower. Scores are inner products; new items are scored by their content.</summary>
public sealed class TwoTowerModel : RankingModel
{
    private readonly float[] _history;
    private readonly float[] _items;

    internal TwoTowerModel(TowerWeights weights, IReadOnlyList<string> itemIds, UserContexts contexts, ContentMatrix content)
    {
        Weights = weights;
        ItemIds = itemIds;
        Contexts = contexts;
        Content = content;
        var lanes = new Lanes(0);
        int[] all = [.. Enumerable.Range(0, content.Items)];
        var pass = new ItemPass(weights, content, all.Length, lanes);
        pass.Forward(all, default);
        _items = pass.Vectors;
        _history = new float[all.Length * Dimension];
        content.Multiply(all, weights.HistoryContent.In(weights.Values), _history, Dimension, lanes);
        FloatVectors.Add(weights.HistoryId.Of(weights.Values)[Dimension..], _history.AsSpan(0, weights.Sizes.TrainingItems * Dimension));
    }

    public override string Name => "two_tower";

    public override bool ScoresColdItems => true;

    /// <summary>Length of embeddings.</summary>
    public int Dimension => Weights.Sizes.Dimension;

    /// <summary>Most history items that the user tower reads, the latest ones.</summary>
    public int MaxHistory => Weights.Sizes.MaxHistory;

    /// <summary>Ids by item index.</summary>
    public IReadOnlyList<string> ItemIds { get; }

    /// <summary>Embeddings of all items, items × <see cref="Dimension"/>; those without training events by content alone.</summary>
    public ReadOnlySpan<float> ItemVectors => _items;

    /// <summary>What a later training goes on from.</summary>
    public TwoTowerState State => new(Weights, [.. ItemIds.Take(Weights.Sizes.TrainingItems)], Contexts.Fields, Content.DenseNames);

    internal TowerWeights Weights { get; }

    internal UserContexts Contexts { get; }

    internal ContentMatrix Content { get; }

    /// <summary>Vectors of all items as parts of a history, items × <see cref="Dimension"/>.</summary>
    internal ReadOnlySpan<float> HistoryVectors => _history;

    /// <summary>The model again from a state that was saved.</summary>
    /// <param name="state">The weights.</param>
    /// <param name="itemIds">Ids by item index: the state's training items first, in its order, then others.</param>
    /// <param name="contexts">Contexts with the state's fields.</param>
    /// <param name="traits">Content of these items, with the same columns as in training.</param>
    /// <exception cref="ArgumentException">They do not fit the state.</exception>
    public static TwoTowerModel Of(TwoTowerState state, IReadOnlyList<string> itemIds, UserContexts contexts, ItemTraits traits)
    {
        var content = new ContentMatrix(traits);
        TowerSizes sizes = state.Weights.Sizes;
        if (traits.Count != itemIds.Count || !itemIds.Take(sizes.TrainingItems).SequenceEqual(state.TrainingItemIds, StringComparer.Ordinal))
            throw new ArgumentException("The items are not those that the towers were trained with.", nameof(itemIds));
        if (content.Columns != sizes.ContentColumns || !contexts.Fields.Select(field => field.Codes).SequenceEqual(sizes.ContextCodes))
            throw new ArgumentException("Content or contexts have other columns than the towers were trained with.", nameof(traits));
        return new TwoTowerModel(state.Weights, itemIds, contexts, content);
    }

    /// <inheritdoc/>
    public override void Score(in RankingInput user, Span<double> scores)
    {
        Span<float> vector = stackalloc float[Dimension];
        EmbedUser(user.History.Span, Contexts[user.User], vector);
        for (int item = 0; item < scores.Length; item++)
            scores[item] = FloatVectors.Dot(vector, _items.AsSpan(item * Dimension, Dimension));
    }

    /// <summary>The user tower for one user.</summary>
    /// <param name="history">Item indexes, oldest first; the latest <see cref="MaxHistory"/> count.</param>
    /// <param name="codes">Context codes by field; empty for all unknown.</param>
    /// <param name="vector">Receives <see cref="Dimension"/> numbers.</param>
    public void EmbedUser(ReadOnlySpan<int> history, ReadOnlySpan<int> codes, Span<float> vector)
    {
        TowerWeights w = Weights;
        float[] values = w.Values;
        int d = Dimension, hidden = w.Sizes.Hidden;
        history = history[Math.Max(0, history.Length - MaxHistory)..];
        int n = history.Length;
        Span<float> input = stackalloc float[w.Sizes.UserInputs];
        input.Clear();
        Span<float> x = input[..d], f = input.Slice(d, d);
        float squares = 1;
        for (int i = 0; i < n; i++)
        {
            float weight = MathF.Exp(w.Position.Of(values)[n - 1 - i]);
            squares += weight * weight;
            FloatVectors.AddScaled(_history.AsSpan(history[i] * d, d), weight, x);
        }

        System.Numerics.Tensors.TensorPrimitives.Divide(x, MathF.Sqrt(squares), x);
        for (int field = 0; field < w.Context.Count; field++)
            FloatVectors.Add(w.Context[field].Row(values, codes.IsEmpty ? 0 : codes[field]), f);
        UserPass.LengthInputs(n, input[(2 * d)..]);
        w.UserBias.Row(values, TowerSizes.Bucket(n)).CopyTo(vector);
        FloatVectors.AddScaled(x, w.HistoryScale.Of(values)[n], vector);
        FloatVectors.AddScaled(f, w.ContextScale.Of(values)[n], vector);
        Span<float> units = stackalloc float[hidden];
        w.UserHiddenBias.Of(values).CopyTo(units);
        for (int i = 0; i < input.Length; i++)
        {
            if (input[i] != 0)
                FloatVectors.AddScaled(w.UserHidden.Row(values, i), input[i], units);
        }

        FloatVectors.Relu(units);
        for (int i = 0; i < hidden; i++)
        {
            if (units[i] != 0)
                FloatVectors.AddScaled(w.UserOut.Row(values, i), units[i], vector);
        }
    }
}
