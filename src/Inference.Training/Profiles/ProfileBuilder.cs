using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Training.Clustering;

namespace Inference.Training.Profiles;

/// <summary>
/// Learns cluster profiles from training users.
/// <list type="number">
/// <item>Embed each user with the user tower over the latest items of the history.</item>
/// <item>Cluster the embeddings by direction (<see cref="SphericalKMeans"/>).</item>
/// <item>Per cluster c and item i: <c>r(i|c) = (n_ci + s·p_i) / (n_c + s)</c>, where p_i is the share of all users; the highest rates are listed, the rest is p_i scaled
/// so that it has the right sum.</item>
/// <item>Per context feature: how its values speak for clusters (<see cref="ContextTables"/>).</item>
/// <item>Name the clusters by what they like more than others do (<see cref="ClusterLabels"/>).</item>
/// </list>
/// Deterministic: the same users, tower and options give the same profiles.
/// </summary>
public static class ProfileBuilder
{
    /// <summary>Users that the tower is given at once.</summary>
    private const int Batch = 256;

    /// <summary>Embeds users with the latest items of their histories; users × dimension.</summary>
    public static async Task<float[]> EmbedAsync(
        IUserTower tower, int dimension, IReadOnlyList<TrainingUser> users, int latestItems, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        float[] embeddings = new float[(long)users.Count * dimension];
        var batch = new UserTowerInput[Batch];
        for (int first = 0; first < users.Count; first += Batch)
        {
            int count = Math.Min(Batch, users.Count - first);
            for (int i = 0; i < count; i++)
            {
                TrainingUser user = users[first + i];
                batch[i] = new UserTowerInput(new FeatureSet(user.Features), user.History.AsMemory(Math.Max(0, user.History.Length - latestItems)));
            }

            await tower.EncodeAsync(batch.AsMemory(0, count), embeddings.AsMemory(first * dimension, count * dimension), cancellationToken);
            progress?.Report((double)(first + count) / users.Count);
        }

        return embeddings;
    }

    /// <summary>Makes profiles of embedded users; null when there is no user.</summary>
    /// <param name="users">The training users; those without history count towards context and size alone.</param>
    /// <param name="embeddings">Their embeddings, from <see cref="EmbedAsync"/>.</param>
    /// <param name="dimension">Components per embedding.</param>
    /// <param name="items">The catalogue that histories speak of.</param>
    /// <param name="popularity">The share of all users per item.</param>
    /// <param name="options">How to go about it.</param>
    /// <param name="cancellationToken">Stops between steps.</param>
    public static ClusterProfiles? Build(
        IReadOnlyList<TrainingUser> users, ReadOnlySpan<float> embeddings, int dimension, ItemCatalogue items, Popularity popularity, ProfileOptions options, CancellationToken cancellationToken = default)
    {
        if (users.Count == 0)
            return null;
        KMeansClusters clusters = SphericalKMeans.Fit(embeddings, dimension, options.Clustering, cancellationToken);
        return Build(users, clusters, dimension, [.. Enumerable.Range(0, items.Count).Select(items.TitleOf)], popularity, options, cancellationToken);
    }

    /// <summary>Makes profiles of clusters that are there.</summary>
    /// <param name="users">The training users; at least one.</param>
    /// <param name="clusters">Of these users.</param>
    /// <param name="dimension">Components per centroid.</param>
    /// <param name="titles">Titles by row, null where an item has none; the labels are made of them.</param>
    /// <param name="popularity">The share of all users per item.</param>
    /// <param name="options">How to go about it; its clustering is not looked at.</param>
    /// <param name="cancellationToken">Stops between steps.</param>
    public static ClusterProfiles Build(
        IReadOnlyList<TrainingUser> users, KMeansClusters clusters, int dimension, IReadOnlyList<string?> titles, Popularity popularity, ProfileOptions options, CancellationToken cancellationToken = default)
    {
        List<int>[] members = MembersOf(clusters);
        var labels = new ClusterLabels([.. titles]);
        var profiles = new ClusterProfile[clusters.Count];
        for (int cluster = 0; cluster < profiles.Length; cluster++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rates = new ClusterRates(users, members[cluster], popularity, options.Smoothing);
            (ScoredRow[] top, float restScale) = rates.List(options.ListedItems);
            string label = labels.Name(rates.Excess(), cluster);
            profiles[cluster] = new ClusterProfile(label, members[cluster].Count, clusters.Centroids.AsMemory(cluster * dimension, dimension), top, restScale);
        }

        IReadOnlyList<ContextTable> tables = ContextTables.Learn(users, clusters.Assignment, clusters.Count, options.Smoothing, options.MinimumContextUsers);
        return new ClusterProfiles(profiles, tables);
    }

    private static List<int>[] MembersOf(KMeansClusters clusters)
    {
        List<int>[] members = [.. clusters.Sizes.Select(size => new List<int>(size))];
        for (int user = 0; user < clusters.Assignment.Length; user++)
            members[clusters.Assignment[user]].Add(user);
        return members;
    }
}
