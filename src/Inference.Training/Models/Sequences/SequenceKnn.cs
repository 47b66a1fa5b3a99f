using Inference.Training.Linear;
using Inference.Training.Splits;

namespace Inference.Training.Models;

/// <summary>
/// Item-based neighbours that know order and baskets: items that follow each other closely go together more than items that a user happens to have both.
/// <list type="number">
/// <item>c(i → j) = Σ over users with both: s + (1 or b)·½^((distance − 1) ∕ h), 1 where j follows i and b where it goes before; plus g for each basket with both.</item>
/// <item>w(i → j) = c(i → j) ∕ (n_i^α n_j^(1−α) + shrink); a candidate keeps its strongest history items.</item>
/// <item>score(j) = Σ over the history w(i → j)·½^(age ∕ half-life), age counted in events.</item>
/// </list>
/// </summary>
public sealed class SequenceKnn : RankingModel
{
    private readonly FadingHistory _fading;

    private SequenceKnn(ItemItemMatrix weights, SequenceKnnOptions options)
    {
        Weights = weights;
        Options = options;
        _fading = new FadingHistory(Name, weights, options.HalfLife);
    }

    public override string Name => "sequence_knn";

    public SequenceKnnOptions Options { get; }

    /// <summary>History items × candidates.</summary>
    public ItemItemMatrix Weights { get; }

    /// <param name="training">Item indexes per user, in the order of time.</param>
    /// <param name="items">Number of items.</param>
    /// <param name="baskets">Item indexes per basket; null where the data has none.</param>
    /// <param name="options">How to fit.</param>
    public static SequenceKnn Fit(RowLists training, int items, RowLists? baskets, SequenceKnnOptions options) =>
        Fit(SequencePairs.Count(training, items, baskets, options), options);

    /// <summary>Fits from pairs that were counted with the same weights of sets, distances and baskets.</summary>
    internal static SequenceKnn Fit(SequencePairs pairs, SequenceKnnOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Neighbours, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Shrink);
        int items = pairs.Users.Length;
        double[] asHistory = new double[items], asCandidate = new double[items];
        for (int item = 0; item < items; item++)
        {
            asHistory[item] = Math.Pow(pairs.Users[item], options.Alpha);
            asCandidate[item] = Math.Pow(pairs.Users[item], 1 - options.Alpha);
        }

        var rows = new (int[] Columns, float[] Values)[items];
        Parallel.For(0, items, candidate =>
        {
            ReadOnlySpan<int> others = pairs.ByCandidate.ColumnsOf(candidate);
            ReadOnlySpan<float> counts = pairs.ByCandidate.ValuesOf(candidate);
            double[] weights = new double[others.Length];
            for (int i = 0; i < weights.Length; i++)
                weights[i] = counts[i] / (asHistory[others[i]] * asCandidate[candidate] + options.Shrink + 1e-9);
            rows[candidate] = ItemKnn.Strongest(others, weights, options.Neighbours);
        });
        return new SequenceKnn(ItemItemMatrix.Of(SparseRows.Join(rows).Transpose()), options);
    }

    /// <summary>The same weights with another half-life of the history.</summary>
    internal SequenceKnn With(double halfLife) => new(Weights, Options with { HalfLife = halfLife });

    public override void Score(in RankingInput user, Span<double> scores) => _fading.Score(user, scores);
}
