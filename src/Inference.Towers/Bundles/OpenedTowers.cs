using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Manifests;
using Inference.Towers.Runtime;
using Inference.Vectors;
using Microsoft.Extensions.Logging;

namespace Inference.Towers.Bundles;

/// <summary>The towers of a bundle that is being made: what is learned from them, profiles for example, goes into the same bundle.</summary>
public sealed class OpenedTowers : IDisposable
{
    private readonly BundleContent _content;
    private readonly Catalogue _catalogue;
    private readonly OnnxUserTower _user;
    private readonly OnnxItemTower? _item;
    private readonly TowerOptions _options;

    private OpenedTowers(BundleContent content, Catalogue catalogue, OnnxUserTower user, OnnxItemTower? item, TowerOptions options)
    {
        _content = content;
        _catalogue = catalogue;
        _user = user;
        _item = item;
        _options = options;
    }

    public ItemCatalogue Items => _catalogue.Items;

    public IUserTower User => _user;

    /// <summary>Null where the content has item embeddings only.</summary>
    public IItemTower? Item => _item;

    /// <summary>Opens the towers of a bundle that is being made.</summary>
    /// <exception cref="BundleException">A tower does not fit its manifest; the exception has all reasons.</exception>
    /// <exception cref="ArgumentException">An option is out of its range, or ids of items are empty or not unique.</exception>
    public static OpenedTowers Open(BundleContent content, TowerOptions options, ILogger logger)
    {
        options.ThrowIfInvalid();
        var problems = new BundleProblems();
        var catalogue = Catalogue.Of(content.Items);
        TowerFeatures user = ManifestCheck.CheckTower(content.UserTower.Manifest, TowerKind.User, problems);
        TowerFeatures? item = content.ItemTower is null ? null : ManifestCheck.CheckTower(content.ItemTower.Manifest, TowerKind.Item, problems);
        problems.ThrowIfAny(content.Name);

        ModelFile? userFile = Inspect(content.UserTower, BundleFiles.UserTower, problems);
        ModelFile? itemFile = content.ItemTower is null ? null : Inspect(content.ItemTower, BundleFiles.ItemTower, problems);
        var opener = new TowerOpener(options, logger, problems);
        OnnxUserTower? userTower = userFile is null ? null : opener.OpenUser(userFile, user, content.Dimension, catalogue);
        OnnxItemTower? itemTower = itemFile is null ? null : opener.OpenItem(itemFile, item!, content.Dimension, catalogue);
        if (problems.Any)
        {
            userTower?.Dispose();
            itemTower?.Dispose();
        }

        problems.ThrowIfAny(content.Name);
        return new OpenedTowers(content, catalogue, userTower!, itemTower, options);
    }

    /// <summary>Where the items lie: items × dimension numbers, row by row.</summary>
    /// <param name="progress">Receives how many items are done; may be null.</param>
    /// <param name="time">Clock for the time-out of a run; the system's when null.</param>
    /// <exception cref="BundleException">The item tower cannot encode an item; the exception names it.</exception>
    public async Task<ReadOnlyMemory<float>> EmbedItemsAsync(IProgress<int>? progress = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        if (_content.ItemEmbeddings is { } known)
            return known;
        var problems = new BundleProblems();
        var runs = new GuardedRuns(time ?? TimeProvider.System, _options.LoadRunTimeout, cancellationToken);
        using VectorMatrix? matrix = await Task.Run(
            () => ItemEmbedding.Compute(_item!, _catalogue, _content.Dimension, runs, problems, done => progress?.Report(done), cancellationToken), cancellationToken);
        problems.ThrowIfAny(_content.Name);
        var embeddings = new float[(long)matrix!.Count * matrix.Dimension];
        for (int row = 0; row < matrix.Count; row++)
            matrix.Row(row).CopyTo(embeddings.AsSpan(row * matrix.Dimension));
        return embeddings;
    }

    /// <summary>Writes down what the towers answer here, so that a server that answers otherwise is found out.</summary>
    /// <param name="users">The users; their ids do not matter.</param>
    /// <param name="itemEmbeddings">From <see cref="EmbedItemsAsync"/>.</param>
    /// <param name="top">How many of the best items each case lists.</param>
    /// <exception cref="ArgumentException">A history has an item that the bundle has not.</exception>
    /// <exception cref="TowerException">The user tower failed.</exception>
    public async Task<GoldenFile> MakeGoldenAsync(IReadOnlyList<BundleUser> users, ReadOnlyMemory<float> itemEmbeddings, int top = 10, CancellationToken cancellationToken = default)
    {
        using VectorMatrix matrix = VectorMatrix.Create(itemEmbeddings.Span, _content.Dimension);
        using var index = new ExactIndex(matrix, _content.Metric);
        var cases = new List<GoldenCase>(users.Count);
        foreach (BundleUser user in users)
        {
            int[] history = [.. (user.History ?? []).Select(id => Items.TryGetRow(id, out int row) ? row : throw new ArgumentException($"There is no item '{id}'.", nameof(users)))];
            var embedding = new float[_content.Dimension];
            await _user.EncodeAsync(new[] { new UserTowerInput(new FeatureSet(user.Features), history) }, embedding, cancellationToken);
            cases.Add(new GoldenCase { Features = user.Features, History = user.History, Embedding = embedding, Top = Top(index, embedding, history, top) });
        }

        return new GoldenFile { Cases = cases };
    }

    /// <summary>Builds the index of the bundle: the one that measures best, tuned to the recall that is wanted.</summary>
    /// <param name="itemEmbeddings">From <see cref="EmbedItemsAsync"/>.</param>
    /// <param name="userEmbeddings">Users × dimension numbers, like those that will be searched with; may be empty.</param>
    /// <param name="options">What to build.</param>
    /// <param name="cancellationToken">Ends the build early.</param>
    /// <returns>A graph, which the caller disposes; null where the exact scan is chosen, which a server builds in no time.</returns>
    /// <exception cref="ArgumentException">A vector is not finite.</exception>
    public VectorIndex? BuildIndex(ReadOnlyMemory<float> itemEmbeddings, ReadOnlyMemory<float> userEmbeddings, ItemIndexOptions options, CancellationToken cancellationToken = default) =>
        ItemIndex.ForBundle(itemEmbeddings.Span, _content.Dimension, _content.Metric, userEmbeddings, options, cancellationToken);

    public void Dispose()
    {
        _user.Dispose();
        _item?.Dispose();
    }

    private string[] Top(ExactIndex index, float[] embedding, int[] history, int top)
    {
        using RowSet denied = RowSet.Rent(index.Count);
        denied.AddRange(history);
        var found = new Neighbor[top];
        int count = index.Search(embedding, found, RowFilter.Deny(denied));
        return [.. found.Take(count).Select(neighbor => Items.IdOf(neighbor.Row))];
    }

    private static ModelFile? Inspect(TowerContent tower, string name, BundleProblems problems)
    {
        string[] folders = [.. tower.ExternalData.Values.Select(path => Path.GetDirectoryName(Path.GetFullPath(path))!).Distinct()];
        if (folders.Length > 1)
        {
            problems.Add(name, $"takes weights from several folders: {string.Join(", ", folders)}.");
            return null;
        }

        return ModelFile.Inspect(tower.Model.ToArray(), folders.FirstOrDefault() ?? "", tower.ExternalData.Keys.ToHashSet(StringComparer.Ordinal), problems, name);
    }
}
