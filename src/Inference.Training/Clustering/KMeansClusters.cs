namespace Inference.Training.Clustering;

/// <summary>Points in clusters, largest cluster first.</summary>
/// <param name="Centroids">Clusters × dimension; unit vectors.</param>
/// <param name="Assignment">Cluster of each point.</param>
/// <param name="Sizes">Points of each cluster; none is 0 unless there are no points.</param>
/// <param name="MeanCosine">Mean cosine between a point and its centroid.</param>
public sealed record KMeansClusters(float[] Centroids, int[] Assignment, int[] Sizes, double MeanCosine)
{
    public int Count => Sizes.Length;
}
