using Inference.Recommendations.Ports;
using Inference.Towers.Loading;
using Inference.Towers.Manifests;
using Inference.Towers.Runtime;
using Inference.Vectors;

namespace Inference.Towers.Bundles;

/// <summary>
/// Where the items of a bundle lie and how they are searched. Each of the two parts comes from the bundle, else from the cache folder, else is made; what is made and took long is kept.
/// </summary>
internal sealed class ItemPlacement(
    CheckedManifest manifest, IReadOnlyDictionary<string, CheckedFile> files, BundleLoadSettings settings, PartCache? cache, GuardedRuns runs, BundleProblems problems, List<string> warnings, CancellationToken cancellationToken)
{
    private readonly List<(string Key, VectorMatrix? Embeddings, VectorIndex? Index)> _toKeep = [];
    private string? _embeddingsKey;

    public PartOrigin EmbeddingsOrigin { get; private set; } = PartOrigin.Made;

    public PartOrigin IndexOrigin { get; private set; } = PartOrigin.Made;

    /// <summary>Where the embeddings lie as a file, or will once they are kept; null where they are made and kept by nobody.</summary>
    public string? EmbeddingsPath => manifest.Manifest.ItemEmbeddings is { } name ? files.GetValueOrDefault(name)?.Path : _embeddingsKey is { } key ? cache?.PathOfEmbeddings(key) : null;

    /// <summary>The embeddings by row; null, with the reasons reported, where there are none.</summary>
    /// <param name="catalogue">The items.</param>
    /// <param name="item">The item tower; null where the bundle has none, or it could not be opened.</param>
    /// <param name="weights">Names of the files that the item tower takes weights from.</param>
    /// <param name="progress">Receives how many items are done.</param>
    public VectorMatrix? Embed(Catalogue catalogue, OnnxItemTower? item, IReadOnlySet<string> weights, Action<int> progress)
    {
        if (manifest.Manifest.ItemEmbeddings is { } name)
        {
            EmbeddingsOrigin = PartOrigin.Bundle;
            if (files.GetValueOrDefault(name) is not { } file)
                return null;
            _embeddingsKey = file.Sha256;
            VectorMatrix? read = ItemEmbedding.Read(file, catalogue.Items.Count, manifest.Dimension, problems);
            if (read is not null && item is not null)
                ItemEmbedding.Check(read, name, item, catalogue, runs, problems);
            return read;
        }

        if (item is null)
            return null;
        if (cache is not null)
        {
            string key = _embeddingsKey = PartKeys.OfEmbeddings(manifest, files, weights, item, settings.Towers);
            if (cache.FindEmbeddings(key, found => IsRight(found, catalogue, item)) is { } found)
            {
                EmbeddingsOrigin = PartOrigin.Cache;
                return found;
            }
        }

        VectorMatrix? made = ItemEmbedding.Compute(item, catalogue, manifest.Dimension, runs, problems, progress, cancellationToken);
        if (made is not null && cache is not null)
            _toKeep.Add((_embeddingsKey!, made, null));
        return made;
    }

    /// <summary>The index; null, with the reasons reported, where it does not fit or the bundle is refused anyway.</summary>
    public VectorIndex? Index(VectorMatrix vectors)
    {
        if (manifest.Manifest.Index is { } name && files.GetValueOrDefault(name) is { } file)
        {
            bool isWhole = manifest.Manifest.Files?.GetValueOrDefault(name)?.Sha256 is not null;
            if (ItemIndex.Read(file, isWhole, vectors, manifest.Metric, settings.Index, problems, warnings) is { } own)
            {
                IndexOrigin = PartOrigin.Bundle;
                return own;
            }
        }

        // Minutes of work that a refused bundle does not need.
        if (problems.Any)
            return null;
        // An exact index is made of the embeddings faster than it is read; what may be a graph is not.
        bool mayTakeLong = cache is not null && ItemIndex.MayBuildGraph(vectors.Count, settings.Index);
        string key = mayTakeLong ? PartKeys.OfIndex(_embeddingsKey!, manifest.Metric, vectors.Count, vectors.Dimension, settings.Index) : "";
        if (mayTakeLong && cache!.FindIndex(key, settings.Index.Resident, found => ItemIndex.Misfit(found, vectors, manifest.Metric) is null) is { } kept)
        {
            IndexOrigin = PartOrigin.Cache;
            return kept;
        }

        VectorIndex made = ItemIndex.Build(vectors, manifest.Metric, settings.Index, warnings, cancellationToken);
        if (mayTakeLong && ItemIndex.TookLong(made, settings.Index))
            _toKeep.Add((key, null, made));
        return made;
    }

    /// <summary>Writes down what was made, for the next load; never fails. On the thread that calls, which may take its time.</summary>
    public void Keep()
    {
        foreach ((string key, VectorMatrix? embeddings, VectorIndex? index) in _toKeep)
        {
            if (embeddings is not null)
                cache!.Keep(key, embeddings);
            if (index is not null)
                cache!.Keep(key, index);
        }
    }

    /// <summary>Whether <see cref="Keep"/> has anything to do.</summary>
    public bool HasToKeep => _toKeep.Count > 0;

    private bool IsRight(VectorMatrix found, Catalogue catalogue, OnnxItemTower item)
    {
        try
        {
            return (found.Count, found.Dimension) == (catalogue.Items.BundleRows, manifest.Dimension) && ItemEmbedding.Agrees(found, item, catalogue, runs);
        }
        catch (TowerException)
        {
            // Computing them anew finds out which item it is.
            return false;
        }
    }
}
