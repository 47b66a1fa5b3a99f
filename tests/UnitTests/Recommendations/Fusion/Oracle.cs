using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;

namespace UnitTests.Recommendations.Fusion;

/// <summary>Every source once more, by its formula, in double and without any thought of speed.</summary>
internal sealed class Oracle(FusionWorld world)
{
    public double[] Tower(float[] embedding) =>
        [.. Rows().Select(row => Enumerable.Range(0, FusionWorld.Dimension).Sum(d => (double)embedding[d] * world.ItemVectors[(row * FusionWorld.Dimension) + d]))];

    public double[] Neighbours(WeightedLists lists, int[] history, double decay, int latest, bool largest)
    {
        var scores = new double[world.Items];
        int[] newestFirst = [.. history.Reverse().Take(latest)];
        for (int age = 0; age < newestFirst.Length; age++)
        {
            for (int column = 0; column < scores.Length; column++)
            {
                double part = Math.Pow(decay, age) * lists.WeightOf(newestFirst[age], column);
                scores[column] = largest ? Math.Max(scores[column], part) : scores[column] + part;
            }
        }

        return scores;
    }

    public double[] Users(int[] history)
    {
        UserNeighbourOptions options = FusionWorld.UserOptions;
        WeightedLists lists = world.Users;
        int[] newestFirst = [.. history.Reverse().Take(options.Latest)];
        var likeness = new double[lists.RowCount];
        for (int user = 0; user < likeness.Length; user++)
        {
            for (int age = 0; age < newestFirst.Length; age++)
            {
                int item = newestFirst[age];
                int owners = Enumerable.Range(0, lists.RowCount).Count(other => lists.ColumnsOf(other).Contains(item));
                if (lists.ColumnsOf(user).Contains(item))
                    likeness[user] += Math.Pow(options.Decay, age) * Math.Pow(Math.Log((lists.RowCount + 1.0) / owners), options.RarityPower);
            }

            likeness[user] /= Math.Pow(Math.Max(1, lists.ColumnsOf(user).Length), options.LengthPower);
        }

        int[] nearest = [.. Enumerable.Range(0, likeness.Length).OrderByDescending(user => likeness[user]).ThenBy(user => user).Take(options.Neighbours)];
        return [.. Rows().Select(row => nearest.Sum(user => likeness[user] * lists.WeightOf(user, row)))];
    }

    public double[] Posterior(FeatureSet features, int[] history)
    {
        var logs = new double[FusionWorld.Clusters];
        for (int c = 0; c < logs.Length; c++)
        {
            logs[c] = Math.Log((world.Profiles[c].Users + 1.0) / (world.Profiles.Users + FusionWorld.Clusters));
            if (features.TryGet("country", out FeatureValue country) && world.Profiles.Contexts[0].LogLift.TryGetValue(country.Text, out float[]? lift))
                logs[c] += world.Posterior.ContextWeight * (double)lift[c];
            foreach (int row in history)
                logs[c] += FusionWorld.ClickWeight * ((double)world.ClickOffsets[c] + world.Clicks.WeightOf(row, c));
        }

        double[] weights = [.. logs.Select(log => Math.Exp(log - logs.Max()))];
        return [.. weights.Select(weight => weight / weights.Sum())];
    }

    public double[] Clusters(FeatureSet features, int[] history, double epsilon)
    {
        double[] weights = Posterior(features, history);
        return [.. Rows().Select(row => Math.Log(epsilon + Enumerable.Range(0, weights.Length).Sum(c => weights[c] * RateOf(c, row))))];
    }

    public double[] Factors(FeatureSet features, int[] history)
    {
        const int d = FusionWorld.FactorDimension;
        double[] weights = Posterior(features, history);
        var mean = new double[d];
        for (int c = 0; c < weights.Length; c++)
        {
            for (int i = 0; i < d; i++)
                mean[i] += weights[c] * world.Centroids[(c * d) + i];
        }

        double ridge = FusionWorld.FactorOptions.Ridge + (FusionWorld.FactorOptions.RidgePerEvent * history.Length);
        var left = new double[d, d];
        var right = new double[d];
        for (int i = 0; i < d; i++)
        {
            for (int j = 0; j < d; j++)
            {
                double gram = FusionWorld.FactorOptions.UnseenWeight * Rows().Sum(row => (double)Factor(row, i) * Factor(row, j));
                double prior = gram + (i == j ? ridge : 0);
                left[i, j] = prior + history.Sum(row => (double)Factor(row, i) * Factor(row, j));
                right[i] += prior * mean[j];
            }

            right[i] += history.Sum(row => (double)Factor(row, i));
        }

        double[] user = Solve(left, right);
        return [.. Rows().Select(row => Enumerable.Range(0, d).Sum(i => user[i] * Factor(row, i)))];
    }

    public double[] Context(params int[] lists) => [.. Rows().Select(row => lists.Sum(list => (double)world.Ratios.WeightOf(list, row)))];

    public static double[] Popularity(float[] rates, double epsilon) => [.. rates.Select(rate => Math.Log(rate + epsilon))];

    /// <summary>Mean 0 and, where wanted, deviation 1.</summary>
    public static double[] Standardise(double[] scores, bool divides)
    {
        double mean = scores.Average();
        double deviation = divides ? Math.Sqrt(scores.Average(score => (score - mean) * (score - mean))) : 1;
        return [.. scores.Select(score => deviation == 0 ? 0 : (score - mean) / deviation)];
    }

    private IEnumerable<int> Rows() => Enumerable.Range(0, world.Items);

    private float Factor(int row, int i) => world.Factors[(row * FusionWorld.FactorDimension) + i];

    private double RateOf(int cluster, int row)
    {
        ClusterProfile profile = world.Profiles[cluster];
        foreach (ScoredRow listed in profile.Top.Span)
        {
            if (listed.Row == row)
                return listed.Rate;
        }

        return (double)profile.RestScale * world.Rates[row];
    }

    /// <summary>Gauss, with the largest pivot.</summary>
    private static double[] Solve(double[,] a, double[] b)
    {
        int n = b.Length;
        for (int k = 0; k < n; k++)
        {
            int pivot = Enumerable.Range(k, n - k).MaxBy(i => Math.Abs(a[i, k]));
            for (int j = 0; j < n; j++)
                (a[k, j], a[pivot, j]) = (a[pivot, j], a[k, j]);
            (b[k], b[pivot]) = (b[pivot], b[k]);
            for (int i = k + 1; i < n; i++)
            {
                double factor = a[i, k] / a[k, k];
                for (int j = k; j < n; j++)
                    a[i, j] -= factor * a[k, j];
                b[i] -= factor * b[k];
            }
        }

        for (int k = n - 1; k >= 0; k--)
            b[k] = (b[k] - Enumerable.Range(k + 1, n - k - 1).Sum(j => a[k, j] * b[j])) / a[k, k];
        return b;
    }
}
