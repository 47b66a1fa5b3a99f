namespace Inference.Recommendations.Snapshots;

/// <summary>One cluster of users, as a bundle holds it.</summary>
/// <param name="Label">Name for people, for example "gifts and baking".</param>
/// <param name="Users">How many training users it has.</param>
/// <param name="Centroid">Mean direction of its users' embeddings; dimension floats.</param>
/// <param name="Top">Its items with the highest smoothed rate r(i|c), highest first; items not listed have the rest's rate.</param>
/// <param name="RestScale">What the popularity of an item that is not in <paramref name="Top"/> is multiplied with to give its rate; at least 0.</param>
public sealed record ClusterProfile(string Label, int Users, ReadOnlyMemory<float> Centroid, ReadOnlyMemory<ScoredRow> Top, float RestScale);
