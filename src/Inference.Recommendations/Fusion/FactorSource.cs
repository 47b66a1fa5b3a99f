using System.Numerics.Tensors;
using Inference.Recommendations.Queries;
using Inference.Vectors;

namespace Inference.Recommendations.Fusion;

/// <summary>How users are folded into item factors.</summary>
/// <param name="UnseenWeight">a₀: weight of what was not seen, against 1 for what was; at least 0.</param>
/// <param name="Ridge">What the diagonal gets in any case; above 0. With a prior it is how firmly that is believed.</param>
/// <param name="RidgePerEvent">What the diagonal gets for each item of the history; at least 0.</param>
/// <param name="Latest">How many of the latest items count, at least 1.</param>
public sealed record FactorOptions(double UnseenWeight, double Ridge, double RidgePerEvent = 0, int Latest = int.MaxValue);

/// <summary>
/// Item factors of implicit alternating least squares (Hu, Koren and Volinsky, 2008), with the user folded in while they ask:
/// <list type="number">
/// <item>ρ = ridge + ridge per event · n; G = a₀ VᵀV, made once.</item>
/// <item>m = Σ_c w_c · centroid_c, the mean that the user's clusters speak for; 0 without clusters.</item>
/// <item>u = (G + YᵀY + ρI)⁻¹ (Yᵀ1 + (ρI + G) m) with the factors Y of the history, by Cholesky; m where there is no history.</item>
/// <item>score(i) = u · v_i.</item>
/// </list>
/// </summary>
public sealed class FactorSource : ScoreSource
{
    private readonly VectorMatrix _factors;
    private readonly ExactIndex _index;
    private readonly double[] _gram;

    /// <param name="name">Its name in the model, for example "ials".</param>
    /// <param name="factors">V: items × <paramref name="dimension"/>, row-major, finite.</param>
    /// <param name="dimension">Numbers per factor.</param>
    /// <param name="options">How users are folded in.</param>
    /// <param name="clusters">The clusters of the prior; null for none.</param>
    /// <param name="centroids">Clusters × <paramref name="dimension"/>, row-major: the mean factor of each cluster's users; empty for no prior.</param>
    /// <param name="isStandardised">See <see cref="ScoreSource.IsStandardised"/>.</param>
    /// <exception cref="ArgumentException">Numbers that do not fit together.</exception>
    public FactorSource(
        string name, ReadOnlySpan<float> factors, int dimension, FactorOptions options, ClusterPosterior? clusters = null, float[]? centroids = null, bool isStandardised = true)
        : this(name, VectorMatrix.Create(factors, dimension), options, clusters, centroids, isStandardised)
    {
    }

    /// <param name="factors">V; passes to the source.</param>
    /// <inheritdoc cref="FactorSource(string, ReadOnlySpan{float}, int, FactorOptions, ClusterPosterior?, float[], bool)"/>
    public FactorSource(string name, VectorMatrix factors, FactorOptions options, ClusterPosterior? clusters = null, float[]? centroids = null, bool isStandardised = true)
        : base(name, Sources.Factors, factors.Count, isStandardised)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.UnseenWeight);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Ridge);
        ArgumentOutOfRangeException.ThrowIfNegative(options.RidgePerEvent);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Latest, 1);
        if ((clusters is null) != (centroids is null) || (centroids?.Length ?? 0) != (clusters?.Count ?? 0) * factors.Dimension)
            throw new ArgumentException($"{centroids?.Length ?? 0} numbers are not the centroids of {clusters?.Count ?? 0} clusters with {factors.Dimension} dimensions.", nameof(centroids));
        (_factors, Options, Clusters, Centroids) = (factors, options, clusters, centroids ?? []);
        _index = new ExactIndex(factors, Metric.InnerProduct);
        _gram = GramOf(factors, options.UnseenWeight);
    }

    /// <summary>Numbers per factor.</summary>
    public int Dimension => _factors.Dimension;

    /// <summary>How users are folded in.</summary>
    public FactorOptions Options { get; }

    /// <summary>The clusters of the prior; null for none.</summary>
    public ClusterPosterior? Clusters { get; }

    /// <summary>Clusters × dimension; empty without a prior.</summary>
    public ReadOnlyMemory<float> Centroids { get; }

    /// <summary>The factor of an item.</summary>
    public ReadOnlySpan<float> FactorOf(int row) => _factors.Row(row);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _index.Dispose();
        _factors.Dispose();
        base.Dispose();
    }

    internal override bool ReadsHistory => true;

    internal override bool Score(in FusionInput input, FusionScratch scratch, RowsToScore rows, Span<float> scores)
    {
        Span<float> user = scratch.Factor(Dimension);
        if (!Fold(input, scratch, user))
            return false;
        if (rows.IsSome)
            _index.Score(user, rows.Rows, scores);
        else
            _index.ScoreAll(user, scores);
        return true;
    }

    internal override void Propose(in FusionInput input, FusionScratch scratch, int most)
    {
        Span<float> user = scratch.Factor(Dimension);
        if (!Fold(input, scratch, user))
            return;
        Span<Neighbor> found = scratch.Found(most);
        // Its rows are the bundle's; the sets of the filter may be over more, so what is denied is left out afterwards.
        foreach (Neighbor neighbor in found[.._index.Search(user, found)])
            scratch.Candidates.Add(neighbor.Row);
    }

    private static double[] GramOf(VectorMatrix factors, double unseenWeight)
    {
        int d = factors.Dimension;
        double[] gram = new double[d * d], row = new double[d];
        for (int i = 0; i < factors.Count; i++)
        {
            TensorPrimitives.ConvertTruncating(factors.Row(i), row.AsSpan());
            FoldIn.AddOuter(row, gram);
        }

        for (int i = 0; i < d; i++)
        {
            for (int j = 0; j <= i; j++)
                gram[(i * d) + j] = gram[(j * d) + i] = gram[(i * d) + j] * unseenWeight;
        }

        return gram;
    }

    private bool Fold(in FusionInput input, FusionScratch scratch, Span<float> user)
    {
        ReadOnlySpan<int> history = scratch.Latest;
        if (history.Length > Options.Latest)
            history = history[..Options.Latest];
        bool hasPrior = Clusters is not null && scratch.Weigh(Clusters, input);
        if (history.IsEmpty && !hasPrior)
            return false;

        int d = Dimension;
        Span<double> memory = scratch.Doubles((d * d) + (3 * d));
        Span<double> matrix = memory[..(d * d)], x = memory.Slice(d * d, d), row = memory.Slice((d * d) + d, d), mean = memory.Slice((d * d) + (2 * d), d);
        mean.Clear();
        if (hasPrior)
        {
            ReadOnlySpan<float> weights = scratch.ClusterWeights;
            for (int c = 0; c < weights.Length; c++)
            {
                TensorPrimitives.ConvertTruncating(Centroids.Span.Slice(c * d, d), row);
                TensorPrimitives.MultiplyAdd(row, weights[c], mean, mean);
            }
        }

        if (history.IsEmpty)
        {
            TensorPrimitives.ConvertTruncating<double, float>(mean, user);
            return true;
        }

        double ridge = Options.Ridge + (Options.RidgePerEvent * history.Length);
        TensorPrimitives.Multiply(mean, ridge, x);
        for (int i = 0; hasPrior && i < d; i++)
            x[i] += TensorPrimitives.Dot<double>(_gram.AsSpan(i * d, d), mean);
        _gram.CopyTo(matrix);
        foreach (int item in history)
        {
            TensorPrimitives.ConvertTruncating(_factors.Row(item), row);
            TensorPrimitives.Add<double>(x, row, x);
            FoldIn.AddOuter(row, matrix);
        }

        for (int i = 0; i < d; i++)
            matrix[(i * d) + i] += ridge;
        FoldIn.Solve(matrix, x);
        TensorPrimitives.ConvertTruncating<double, float>(x, user);
        return true;
    }
}
