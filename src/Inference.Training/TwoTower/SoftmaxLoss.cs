using System.Numerics.Tensors;

namespace Inference.Training.TwoTower;

/// <summary>What users of a batch are to be given, over the columns (items) of a step.</summary>
/// <param name="TargetOffsets">Users + 1 places into the next two.</param>
/// <param name="Targets">Columns.</param>
/// <param name="TargetWeights">Probabilities; a user's sum to 1.</param>
/// <param name="ExcludedOffsets">Users + 1 places into the next.</param>
/// <param name="Excluded">Columns that a user cannot be given, such as those of the history; none of them is a target.</param>
internal sealed record TargetBatch(int[] TargetOffsets, int[] Targets, float[] TargetWeights, int[] ExcludedOffsets, int[] Excluded);

/// <summary>
/// Cross-entropy between target distributions and the softmax of u · v over all items of a step, full or sampled. Where items were sampled, ln of each one's expected count is taken off its logit (logQ
/// correction; Yi et al., "Sampling-bias-corrected neural modeling for large corpus item recommendations", 2019).
/// </summary>
internal sealed class SoftmaxLoss(int dimension, Lanes lanes)
{
    private float[] _turned = [];
    private float[] _logits = [];
    private float[] _losses = [];

    /// <summary>Gradient by the users' vectors, after <see cref="Run"/>.</summary>
    public float[] UserChange { get; private set; } = [];

    /// <summary>Gradient by the items' vectors, after <see cref="Run"/>.</summary>
    public float[] ItemChange { get; private set; } = [];

    /// <summary>The mean loss of the batch; fills the two gradients.</summary>
    /// <param name="userVectors">users × dimension.</param>
    /// <param name="users">How many.</param>
    /// <param name="itemVectors">items × dimension.</param>
    /// <param name="items">How many.</param>
    /// <param name="targets">What is wanted.</param>
    /// <param name="logCounts">Per item, what is taken off its logit; empty for nothing.</param>
    /// <param name="soft">users × items, further target distributions that are mixed in; empty for none. A user whose row is all zeros has none.</param>
    /// <param name="softShare">Share of the further distributions, 0 to 1.</param>
    public double Run(float[] userVectors, int users, float[] itemVectors, int items, TargetBatch targets, float[] logCounts, float[] soft, float softShare)
    {
        int columns = FloatProduct.PaddedColumns(items);
        if (_turned.Length < columns * dimension)
            _turned = new float[columns * dimension];
        else
            Array.Clear(_turned);
        if (_logits.Length < users * columns)
            _logits = new float[users * columns];
        if (UserChange.Length < users * dimension)
        {
            UserChange = new float[users * dimension];
            _losses = new float[users];
        }

        if (ItemChange.Length < items * dimension)
            ItemChange = new float[items * dimension];

        FloatProduct.Transpose(itemVectors.AsSpan(0, items * dimension), items, dimension, _turned, columns);
        FloatView logits = FloatView.RowMajor(_logits, columns);
        FloatProduct.Multiply(FloatView.RowMajor(userVectors, dimension), FloatView.RowMajor(_turned, columns), logits, users, dimension, columns, add: false, lanes);
        const int PerTask = 16;
        lanes.Run((users + PerTask - 1) / PerTask, task =>
        {
            for (int user = task * PerTask; user < Math.Min(users, (task + 1) * PerTask); user++)
            {
                Span<float> row = _logits.AsSpan(user * columns, columns);
                ReadOnlySpan<float> other = softShare > 0 ? soft.AsSpan(user * items, items) : default;
                bool isTaught = softShare > 0 && other.ContainsAnyExcept(0f);
                row[items..].Clear();
                _losses[user] = Row(row[..items], user, 1f / users, targets, logCounts, isTaught ? other : default, isTaught ? softShare : 0);
            }
        });
        FloatProduct.Multiply(logits, FloatView.RowMajor(itemVectors, dimension), FloatView.RowMajor(UserChange, dimension), users, items, dimension, add: false, lanes);
        FloatProduct.Multiply(logits.Transposed, FloatView.RowMajor(userVectors, dimension), FloatView.RowMajor(ItemChange, dimension), items, users, dimension, add: false, lanes);
        double sum = 0;
        for (int user = 0; user < users; user++)
            sum += _losses[user];
        return sum / users;
    }

    /// <summary>Turns a row of logits into the gradient by them; returns the loss.</summary>
    private static float Row(Span<float> row, int user, float factor, TargetBatch targets, float[] logCounts, ReadOnlySpan<float> soft, float softShare)
    {
        if (logCounts.Length > 0)
            TensorPrimitives.Subtract(row, logCounts.AsSpan(0, row.Length), row);
        foreach (int column in targets.Excluded.AsSpan(targets.ExcludedOffsets[user], targets.ExcludedOffsets[user + 1] - targets.ExcludedOffsets[user]))
            row[column] = -1e9f;
        ReadOnlySpan<int> wanted = targets.Targets.AsSpan(targets.TargetOffsets[user], targets.TargetOffsets[user + 1] - targets.TargetOffsets[user]);
        ReadOnlySpan<float> shares = targets.TargetWeights.AsSpan(targets.TargetOffsets[user], wanted.Length);
        float max = TensorPrimitives.Max(row);
        TensorPrimitives.Subtract(row, max, row);

        // −Σ q (logit − ln Σ exp) = ln Σ exp − Σ q logit, as Σ q = 1.
        float hard = wanted.IsEmpty ? 0 : 1 - softShare, expected = 0;
        for (int i = 0; i < wanted.Length; i++)
            expected += hard * shares[i] * row[wanted[i]];
        if (!soft.IsEmpty)
            expected += softShare * TensorPrimitives.Dot(soft, row);
        TensorPrimitives.Exp(row, row);
        float sum = TensorPrimitives.Sum(row);
        TensorPrimitives.Multiply(row, factor / sum, row);
        for (int i = 0; i < wanted.Length; i++)
            row[wanted[i]] -= factor * hard * shares[i];
        if (!soft.IsEmpty)
            TensorPrimitives.MultiplyAdd(soft, -factor * softShare, row, row);
        return MathF.Log(sum) - expected;
    }
}
