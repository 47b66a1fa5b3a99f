using System.Numerics.Tensors;

namespace Inference.Training.Models;

/// <summary>
/// Folds a user into <see cref="ImplicitAls"/> with what their cluster is like as the prior: m = Σ_c w_c · centroid_c, w the posterior of <see cref="ClusterBayes"/> from context and history.
/// Without events it is what the clusters say; the more events, the more it is the plain fold-in.
/// </summary>
public sealed class AlsClusterPrior : RankingModel
{
    private readonly ImplicitAls _als;
    private readonly ClusterBayes _clusters;
    private readonly float[] _centroids;
    private readonly double _precision;

    /// <param name="als">The factors.</param>
    /// <param name="clusters">Clusters of the training users.</param>
    /// <param name="labels">Cluster of each training user.</param>
    /// <param name="precision">How firmly the prior is believed; above 0.</param>
    public AlsClusterPrior(ImplicitAls als, ClusterBayes clusters, ReadOnlySpan<int> labels, double precision)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(precision);
        (_als, _clusters, _precision) = (als, clusters, precision);
        int dimension = als.Dimension;
        double[] sums = new double[clusters.Clusters * dimension];
        int[] sizes = new int[clusters.Clusters];
        for (int user = 0; user < labels.Length; user++)
        {
            sizes[labels[user]]++;
            for (int i = 0; i < dimension; i++)
                sums[labels[user] * dimension + i] += als.UserFactors[user * dimension + i];
        }

        _centroids = new float[sums.Length];
        for (int i = 0; i < sums.Length; i++)
            _centroids[i] = (float)(sums[i] / Math.Max(1, sizes[i / dimension]));
    }

    public override string Name => "ials_cluster_prior";

    public override void Score(in RankingInput user, Span<double> scores)
    {
        Span<double> weights = stackalloc double[_clusters.Clusters];
        _clusters.Posterior(user, weights);
        int dimension = _als.Dimension;
        Span<float> mean = stackalloc float[dimension], factor = stackalloc float[dimension];
        mean.Clear();
        for (int cluster = 0; cluster < weights.Length; cluster++)
            TensorPrimitives.MultiplyAdd(_centroids.AsSpan(cluster * dimension, dimension), (float)weights[cluster], mean, mean);
        _als.FoldIn(user.History.Span, mean, _precision, factor);
        _als.ScoreFactor(factor, scores);
    }
}
