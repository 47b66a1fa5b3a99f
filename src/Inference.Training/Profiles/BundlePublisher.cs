using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Vectors;
using Microsoft.Extensions.Logging;

namespace Inference.Training.Profiles;

/// <summary>
/// Publishes a bundle with what is learned from its own towers and users.
/// <list type="number">
/// <item>Count popularity, embed the users with the user tower, learn cluster profiles.</item>
/// <item>Where the exporter left no golden cases, write down what the towers answer here.</item>
/// <item>Where there are many items, build their index, tuned with users as queries.</item>
/// <item>Publish by one rename, and load what is there now: a bundle that a server would refuse is refused here.</item>
/// </list>
/// </summary>
public static class BundlePublisher
{
    /// <summary>Users whose answers are written down as golden cases, beside the one of whom nothing is known.</summary>
    private const int GoldenUsers = 7;

    /// <summary>Users whose embeddings an index is tuned with.</summary>
    private const int TuningUsers = 400;

    /// <param name="folder">Target of the bundle, by convention repository/name/version.</param>
    /// <param name="content">What goes in; popularity, profiles and golden cases that are there already are kept.</param>
    /// <param name="options">How profiles are learned.</param>
    /// <param name="overwrite">Whether an existing target is replaced.</param>
    /// <param name="time">Clock for the manifest.</param>
    /// <param name="logger">Receives what the loader has to say.</param>
    /// <param name="begin">Begins a step that people can watch.</param>
    /// <param name="cancellationToken">Gives up; nothing stays behind.</param>
    /// <returns>The published bundle, loaded; the caller disposes its snapshot.</returns>
    /// <exception cref="BundleException">The content does not fit together.</exception>
    /// <exception cref="BundleExistsException">The target exists and is not to be replaced.</exception>
    /// <exception cref="IOException">The disk fails.</exception>
    public static async Task<LoadedBundle> PublishAsync(
        string folder, BundleContent content, ProfileOptions options, bool overwrite, TimeProvider time, ILogger logger, Func<string, IProgress<double>> begin, CancellationToken cancellationToken)
    {
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        // Before minutes of work, not after.
        if (!overwrite && Path.Exists(target))
            throw new BundleExistsException(target);
        begin("opening towers");
        VectorIndex? index;
        using (OpenedTowers towers = OpenedTowers.Open(content, new TowerOptions(), logger))
        {
            content = await LearnAsync(towers, content, options, begin, cancellationToken);
            content = await RecordAsync(towers, content, begin, cancellationToken);
            index = content.Index is null && content.Items.Count > ItemIndexOptions.FewItems ? await IndexAsync(towers, content, options, begin, cancellationToken) : null;
        }

        using (index)
        {
            begin("publishing");
            await BundleWriter.WriteAsync(target, index is null ? content : content with { Index = index }, overwrite, time, cancellationToken);
        }

        begin("checking what was published");
        return await BundleLoader.LoadAsync(target, new TowerOptions(), null, logger, cancellationToken: cancellationToken);
    }

    /// <summary>:: Step 1 popularity and profiles.</summary>
    private static async Task<BundleContent> LearnAsync(OpenedTowers towers, BundleContent content, ProfileOptions options, Func<string, IProgress<double>> begin, CancellationToken cancellationToken)
    {
        List<TrainingUser> users = UsersOf(content, towers.Items);
        Popularity? popularity = content.Popularity ?? (users.Count == 0 ? null : ItemShares.Count(users, towers.Items.Count));
        if (content.Profiles is not null || users.Count == 0)
            return content with { Popularity = popularity };
        float[] embeddings = await ProfileBuilder.EmbedAsync(towers.User, content.Dimension, users, options.LatestItems, begin("embedding users"), cancellationToken);
        begin("clustering users");
        ClusterProfiles? profiles = ProfileBuilder.Build(users, embeddings, content.Dimension, towers.Items, popularity!, options, cancellationToken);
        return content with { Popularity = popularity, Profiles = profiles };
    }

    /// <summary>:: Step 2 golden cases of the user of whom nothing is known, and of some that are spread over the list.</summary>
    private static async Task<BundleContent> RecordAsync(OpenedTowers towers, BundleContent content, Func<string, IProgress<double>> begin, CancellationToken cancellationToken)
    {
        if (content.Golden?.Cases is not null)
            return content;
        begin("recording golden cases");
        var users = new List<BundleUser> { new() { Id = "nobody" } };
        for (int i = 0; i < Math.Min(GoldenUsers, content.Users.Count); i++)
        {
            BundleUser user = content.Users[(int)((long)i * content.Users.Count / GoldenUsers % content.Users.Count)];
            users.Add(user with { History = [.. (user.History ?? []).Where(id => towers.Items.TryGetRow(id, out _))] });
        }

        ReadOnlyMemory<float> items = await towers.EmbedItemsAsync(cancellationToken: cancellationToken);
        GoldenFile golden = await towers.MakeGoldenAsync(users, items, cancellationToken: cancellationToken);
        return content with { Golden = golden with { Ranker = content.Golden?.Ranker } };
    }

    /// <summary>:: Step 3 the index; null where a scan is as good.</summary>
    private static async Task<VectorIndex?> IndexAsync(OpenedTowers towers, BundleContent content, ProfileOptions options, Func<string, IProgress<double>> begin, CancellationToken cancellationToken)
    {
        IProgress<double> step = begin("embedding items");
        ReadOnlyMemory<float> items = await towers.EmbedItemsAsync(new ShareOf(content.Items.Count, step), cancellationToken: cancellationToken);
        begin("building the index");
        List<TrainingUser> all = UsersOf(content, towers.Items);
        int count = Math.Min(TuningUsers, all.Count);
        TrainingUser[] users = [.. Enumerable.Range(0, count).Select(i => all[(int)((long)i * all.Count / count)])];
        float[] queries = await ProfileBuilder.EmbedAsync(towers.User, content.Dimension, users, options.LatestItems, null, cancellationToken);
        return towers.BuildIndex(items, queries, new ItemIndexOptions(), cancellationToken);
    }

    /// <summary>The bundle's users by rows of the catalogue: first touch of each item, in order; users who touched nothing teach nothing.</summary>
    private static List<TrainingUser> UsersOf(BundleContent content, ItemCatalogue items)
    {
        var users = new List<TrainingUser>(content.Users.Count);
        var seen = new HashSet<int>();
        foreach (BundleUser user in content.Users)
        {
            seen.Clear();
            var rows = new List<int>(user.History?.Count ?? 0);
            foreach (string id in user.History ?? [])
            {
                if (items.TryGetRow(id, out int row) && seen.Add(row))
                    rows.Add(row);
            }

            if (rows.Count > 0)
                users.Add(new TrainingUser(user.Features ?? FeatureSet.None, [.. rows]));
        }

        return users;
    }

    /// <summary>Reports a number of items as a share of all.</summary>
    private sealed class ShareOf(int all, IProgress<double> progress) : IProgress<int>
    {
        public void Report(int value) => progress.Report((double)value / all);
    }
}
