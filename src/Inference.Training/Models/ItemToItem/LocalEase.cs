using Inference.Training.Linear;

namespace Inference.Training.Models;

/// <summary>
/// EASE for catalogues whose matrix no memory holds. Column j of EASE is a ridge regression of item j on all others (Ning and Karypis, "SLIM: sparse linear methods for top-n recommender
/// systems", 2011, without the constraint of signs); here it is one on the items that most often go with j:
/// <list type="number">
/// <item>N = the K neighbours of j with the highest cosine.</item>
/// <item>Solve (G_NN + λI) b = G_Nj.</item>
/// </list>
/// Where every item goes with every other one and all are neighbours, it is EASE itself.
/// </summary>
internal static class LocalEase
{
    public const int DefaultNeighbours = 192;

    /// <returns>History items × candidates.</returns>
    public static SparseRows Fit(SparseGram gram, double ridge, int neighbours)
    {
        var columns = new (int[] Columns, float[] Values)[gram.Items];
        Parallel.For(0, gram.Items, () => new int[gram.Items], (item, _, places) =>
        {
            columns[item] = Column(gram, item, ridge, neighbours, places);
            return places;
        }, static _ => { });
        return SparseRows.Join(columns).Transpose();
    }

    /// <param name="places">Scratch of zeros: place of an item among the chosen ones, plus 1.</param>
    private static (int[] Columns, float[] Values) Column(SparseGram gram, int item, double ridge, int limit, int[] places)
    {
        int[] chosen = Nearest(gram, item, limit);
        int size = chosen.Length;
        if (size == 0)
            return ([], []);
        for (int i = 0; i < size; i++)
            places[chosen[i]] = i + 1;
        double[] solution = new double[size];
        ReadOnlySpan<int> own = gram.Pairs.ColumnsOf(item);
        for (int k = 0; k < own.Length; k++)
        {
            if (places[own[k]] - 1 is >= 0 and int i)
                solution[i] = gram.Pairs.ValuesOf(item)[k];
        }

        double[] matrix = Among(gram, chosen, ridge, places);
        // Where neighbours were left out, the counts need not be those of any users, and more regularisation may be needed.
        while (!TriangularBlock.TryFactor(matrix.AsSpan(), size))
            matrix = Among(gram, chosen, ridge *= 4, places);
        foreach (int other in chosen)
            places[other] = 0;
        TriangularBlock.Solve<double>(matrix, size, solution);
        return (chosen, Array.ConvertAll(solution, static value => (float)value));
    }

    /// <summary>G_NN + λI.</summary>
    private static double[] Among(SparseGram gram, int[] chosen, double ridge, int[] places)
    {
        int size = chosen.Length;
        double[] matrix = new double[size * size];
        for (int i = 0; i < size; i++)
        {
            ReadOnlySpan<int> others = gram.Pairs.ColumnsOf(chosen[i]);
            ReadOnlySpan<float> pairs = gram.Pairs.ValuesOf(chosen[i]);
            for (int k = 0; k < others.Length; k++)
            {
                // Where neighbours were left out, a pair may be known to one of the two only: it counts for both.
                if (places[others[k]] - 1 is >= 0 and int j)
                    matrix[i * size + j] = matrix[j * size + i] = pairs[k];
            }

            matrix[i * size + i] = gram.Counts[chosen[i]] + ridge;
        }

        return matrix;
    }

    /// <summary>Ascending.</summary>
    private static int[] Nearest(SparseGram gram, int item, int limit)
    {
        int[] others = gram.Pairs.ColumnsOf(item).ToArray();
        if (others.Length <= limit)
            return others;
        double[] keys = new double[others.Length];
        for (int i = 0; i < keys.Length; i++)
            keys[i] = -gram.Pairs.ValuesOf(item)[i] / Math.Sqrt(gram.Counts[others[i]]);
        Array.Sort(keys, others);
        int[] nearest = others[..limit];
        Array.Sort(nearest);
        return nearest;
    }
}
