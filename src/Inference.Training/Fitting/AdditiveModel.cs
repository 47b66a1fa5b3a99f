namespace Inference.Training.Fitting;

/// <summary>
/// Explains vectors as a mean plus one vector per categorical value: what an embedding layer per property would learn.
/// <list type="number">
/// <item>Take the mean off the targets.</item>
/// <item>Group by group, move each value's vector by the mean residual of its samples, shrunk by a ridge penalty, and take the move off the residuals
/// (block coordinate descent, the backfitting of generalised additive models). A group with several values per sample moves by its arity's share.</item>
/// <item>Repeat for some rounds.</item>
/// </list>
/// </summary>
internal sealed class AdditiveModel
{
    private AdditiveModel(float[] mean, float[][] tables)
    {
        Mean = mean;
        Tables = tables;
    }

    /// <summary>The mean of the targets.</summary>
    public float[] Mean { get; }

    /// <summary>Per group, rows × width; row 0 is zero.</summary>
    public float[][] Tables { get; }

    /// <param name="targets">Samples × <paramref name="width"/>; holds the residuals afterwards.</param>
    /// <param name="width">Length of a target.</param>
    /// <param name="groups">The properties.</param>
    /// <param name="penalty">How many samples without effect each value is given.</param>
    /// <param name="rounds">How often to go through the groups.</param>
    public static AdditiveModel Fit(float[] targets, int width, IReadOnlyList<CategoricalGroup> groups, double penalty, int rounds)
    {
        int samples = targets.Length / width;
        float[] mean = TakeMean(targets, width, samples);
        float[][] tables = [.. groups.Select(group => new float[group.Rows * width])];
        for (int round = 0; round < rounds; round++)
        {
            for (int g = 0; g < groups.Count; g++)
                Improve(groups[g], tables[g], targets, width, samples, penalty);
        }

        return new AdditiveModel(mean, tables);
    }

    private static float[] TakeMean(float[] targets, int width, int samples)
    {
        double[] sums = new double[width];
        for (int i = 0; i < targets.Length; i++)
            sums[i % width] += targets[i];
        float[] mean = [.. sums.Select(sum => (float)(sum / Math.Max(1, samples)))];
        for (int i = 0; i < targets.Length; i++)
            targets[i] -= mean[i % width];
        return mean;
    }

    private static void Improve(CategoricalGroup group, float[] table, float[] residuals, int width, int samples, double penalty)
    {
        double[] sums = new double[table.Length];
        int[] counts = new int[group.Rows];
        for (int sample = 0; sample < samples; sample++)
        {
            ReadOnlySpan<float> residual = residuals.AsSpan(sample * width, width);
            foreach (int id in group.Ids.AsSpan(sample * group.Arity, group.Arity))
            {
                if (id == 0)
                    continue;
                counts[id]++;
                Span<double> sum = sums.AsSpan(id * width, width);
                for (int i = 0; i < width; i++)
                    sum[i] += residual[i];
            }
        }

        float[] moves = new float[table.Length];
        for (int i = width; i < table.Length; i++)
        {
            moves[i] = (float)((sums[i] - penalty * table[i]) / ((counts[i / width] + penalty) * group.Arity));
            table[i] += moves[i];
        }

        for (int sample = 0; sample < samples; sample++)
        {
            Span<float> residual = residuals.AsSpan(sample * width, width);
            foreach (int id in group.Ids.AsSpan(sample * group.Arity, group.Arity))
            {
                ReadOnlySpan<float> move = moves.AsSpan(id * width, width);
                for (int i = 0; i < width; i++)
                    residual[i] -= move[i];
            }
        }
    }
}
