using Inference.Training.Splits;

namespace Inference.Training.TwoTower;

/// <summary>
/// Lets towers begin as a good linear model, so that training has to learn only what that cannot say.
/// <list type="number">
/// <item>Factors of the users × items matrix, its columns divided by a power of the items' user counts: the damped projection that they span is a linear autoencoder of low rank, and ranks about as well as full
/// item-item regressions do (Cremonesi, Koren and Turrin, "Performance of recommender algorithms on top-N recommendation tasks", 2010; Shen et al., "How powerful is graph convolution for recommendation?", 2021).</item>
/// <item>History items get its input side and items its output side; the last component is the logarithm of popularity, which the user tower's bias switches on.</item>
/// <item>Ridge regressions from content give the content tables, and the id tables the rest: a new item begins where its content lets expect.</item>
/// </list>
/// </summary>
internal static class FactorStart
{
    /// <summary>Deviation of the scores of items for a short history; the logarithm of popularity has about as much.</summary>
    private const double ScoreDeviation = 1.35;

    private const int SampleUsers = 500;
    private const int SampleHistory = 5;

    /// <summary>Starts with each power and damping, scales each by <see cref="HistoryScales"/>, and keeps what ranks best for the validation part.</summary>
    public static void Apply(TowerWeights weights, ColdSplit split, ContentMatrix content, TwoTowerOptions options, ValidationScore validation, Lanes lanes, CancellationToken cancellationToken)
    {
        float[] before = [.. weights.Values], best = before;
        double bestCriterion = double.NegativeInfinity;
        foreach (double power in options.FactorPowers)
        {
            double[] scale = new double[split.Items.TrainingCount];
            for (int i = 0; i < scale.Length; i++)
                scale[i] = Math.Pow(Math.Max(1, split.Items.TrainingUsers[i]), -power);
            (double[] vectors, double[] values) = SpectralFactors.Fit(split.Training, scale.Length, scale, options.Dimension - 1, options.Seed, lanes, cancellationToken);
            foreach (double damping in options.FactorDampings)
            {
                cancellationToken.ThrowIfCancellationRequested();
                before.CopyTo(weights.Values.AsSpan());
                Fill(weights, split, content, options, scale, vectors, values, damping, lanes);
                double criterion = validation.IsEmpty ? 0 : HistoryScales.Choose(weights, validation);
                if (criterion > bestCriterion)
                    (bestCriterion, best) = (criterion, [.. weights.Values]);
                if (validation.IsEmpty)
                    return;
            }
        }

        best.CopyTo(weights.Values.AsSpan());
    }

    private static void Fill(TowerWeights weights, ColdSplit split, ContentMatrix content, TwoTowerOptions options, double[] scale, double[] vectors, double[] values, double damped, Lanes lanes)
    {
        int items = split.Items.TrainingCount, d = options.Dimension, rank = values.Length;
        double meanLog = 0;
        for (int i = 0; i < items; i++)
            meanLog += Math.Log(1 + split.Items.TrainingUsers[i]) / items;
        float[] input = new float[items * d], output = new float[items * d];
        double inputSquares = 0, outputSquares = 0;
        for (int i = 0; i < items; i++)
        {
            for (int j = 0; j < rank; j++)
            {
                double damping = Math.Sqrt(values[j] / (values[j] + damped * values[^1]));
                double factor = vectors[i * rank + j] * damping;
                input[i * d + j] = (float)(factor * scale[i]);
                output[i * d + j] = (float)(factor / scale[i]);
                inputSquares += factor * scale[i] * factor * scale[i];
                outputSquares += factor / scale[i] * factor / scale[i];
            }
        }

        // Both sides get the same energy, and the scores of short histories a fixed spread.
        double size = Math.Sqrt(ScoreDeviation / Math.Max(1e-12, Deviation(split.Training, input, output, items, d)));
        double ratio = Math.Pow(Math.Max(1e-12, outputSquares) / Math.Max(1e-12, inputSquares), 0.25);
        System.Numerics.Tensors.TensorPrimitives.Multiply(input, (float)(size * ratio), input);
        System.Numerics.Tensors.TensorPrimitives.Multiply(output, (float)(size / ratio), output);
        for (int i = 0; i < items; i++)
            output[i * d + d - 1] = (float)(Math.Log(1 + split.Items.TrainingUsers[i]) - meanLog);
        for (int bucket = 0; bucket < weights.UserBias.Rows; bucket++)
            weights.UserBias.Row(weights.Values, bucket)[d - 1] = 1;

        int[] all = new int[items];
        for (int i = 0; i < items; i++)
            all[i] = i;
        Span<float> mean = weights.ItemBias.Of(weights.Values);
        FloatVectors.SumRows(output, mean);
        System.Numerics.Tensors.TensorPrimitives.Divide(mean, items, mean);
        for (int i = 0; i < items; i++)
            FloatVectors.AddScaled(mean, -1, output.AsSpan(i * d, d));
        Divide(content, all, output, weights.ItemContent, weights.ItemId, weights, options, lanes);
        Divide(content, all, input, weights.HistoryContent, weights.HistoryId, weights, options, lanes);
    }

    /// <summary>What content can tell goes to its table, the rest to that of ids.</summary>
    internal static void Divide(ContentMatrix content, int[] items, float[] vectors, Parameter contentTable, Parameter idTable, TowerWeights weights, TwoTowerOptions options, Lanes lanes)
    {
        int d = contentTable.Columns;
        ContentRegression.Fit(content, items, vectors, contentTable.In(weights.Values), options.ContentRidge, lanes);
        float[] fitted = new float[items.Length * d];
        content.Multiply(items, contentTable.In(weights.Values), fitted, d, lanes);
        Span<float> ids = idTable.Of(weights.Values)[d..];
        System.Numerics.Tensors.TensorPrimitives.Subtract(vectors, fitted, ids[..vectors.Length]);
    }

    /// <summary>Mean over users of the deviation over items of the score of a short history, normalised as the user tower does.</summary>
    private static double Deviation(RowLists users, float[] input, float[] output, int items, int d)
    {
        double sum = 0;
        int step = Math.Max(1, users.Count / SampleUsers), count = 0;
        float[] taste = new float[d];
        for (int user = 0; user < users.Count; user += step)
        {
            ReadOnlySpan<int> history = users[user][..Math.Min(SampleHistory, users[user].Length)];
            if (history.IsEmpty)
                continue;
            Array.Clear(taste);
            foreach (int item in history)
                FloatVectors.AddScaled(input.AsSpan(item * d, d), 1 / MathF.Sqrt(history.Length + 1), taste);
            double total = 0, squares = 0;
            for (int i = 0; i < items; i++)
            {
                double score = FloatVectors.Dot(taste, output.AsSpan(i * d, d));
                total += score;
                squares += score * score;
            }

            sum += Math.Sqrt(Math.Max(0, squares / items - total / items * (total / items)));
            count++;
        }

        return count == 0 ? 1 : sum / count;
    }
}
