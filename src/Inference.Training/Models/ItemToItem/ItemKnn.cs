using Inference.Training.Linear;

namespace Inference.Training.Models;

/// <summary>How <see cref="ItemKnn"/> is fitted.</summary>
/// <param name="Neighbours">How many history items may speak for a candidate, at least 1; those tied with the last one, too.</param>
/// <param name="Shrink">Added to the denominator, at least 0: pairs that were seen seldom count less.</param>
/// <param name="Alpha">0 to 1: how much the popularity of the history item is held against a pair; 1 − Alpha for that of the candidate. 0.5 is the cosine.</param>
public sealed record ItemKnnOptions(int Neighbours = 400, double Shrink = 20, double Alpha = 0.5);

/// <summary>Item-based neighbours (Deshpande and Karypis, "Item-based top-n recommendation algorithms", 2004): w(i → j) = n_ij ∕ (n_i^α n_j^(1−α) + shrink).</summary>
public sealed class ItemKnn : ItemItemModel
{
    private ItemKnn(ItemItemMatrix weights)
        : base(weights)
    {
    }

    public override string Name => "itemknn";

    public static ItemKnn Fit(SparseGram gram, ItemKnnOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Neighbours, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Shrink);
        double[] asHistory = new double[gram.Items], asCandidate = new double[gram.Items];
        for (int item = 0; item < gram.Items; item++)
        {
            asHistory[item] = Math.Pow(gram.Counts[item], options.Alpha);
            asCandidate[item] = Math.Pow(gram.Counts[item], 1 - options.Alpha);
        }

        // Row j of the symmetric counts is column j of the weights: the history items that may speak for j.
        var columns = new (int[] Columns, float[] Values)[gram.Items];
        Parallel.For(0, gram.Items, candidate =>
        {
            ReadOnlySpan<int> others = gram.Pairs.ColumnsOf(candidate);
            ReadOnlySpan<float> pairs = gram.Pairs.ValuesOf(candidate);
            double[] weights = new double[others.Length];
            for (int i = 0; i < weights.Length; i++)
                weights[i] = pairs[i] / (asHistory[others[i]] * asCandidate[candidate] + options.Shrink + 1e-9);
            columns[candidate] = Strongest(others, weights, options.Neighbours);
        });
        return new ItemKnn(ItemItemMatrix.Of(SparseRows.Join(columns).Transpose()));
    }

    internal static (int[] Columns, float[] Values) Strongest(ReadOnlySpan<int> items, double[] weights, int limit)
    {
        double threshold = double.NegativeInfinity;
        if (weights.Length > limit)
        {
            double[] sorted = (double[])weights.Clone();
            Array.Sort(sorted);
            threshold = sorted[^limit];
        }

        int kept = 0;
        foreach (double weight in weights)
            kept += weight >= threshold ? 1 : 0;
        int[] columns = new int[kept];
        float[] values = new float[kept];
        kept = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            if (weights[i] < threshold)
                continue;
            columns[kept] = items[i];
            values[kept++] = (float)weights[i];
        }

        return (columns, values);
    }
}
