namespace Inference.Recommendations.Fusion;

/// <summary>
/// Several sources that score one catalogue, and how much each counts by the number of known events. <see cref="FusedScorer"/> runs it. Made from a bundle's files, or in memory by training, which so judges
/// with the scorer that serves.
/// </summary>
public sealed class FusionModel : IDisposable
{
    /// <summary>Most sources of a model.</summary>
    public const int MaxSources = 32;

    /// <param name="sources">1 to <see cref="MaxSources"/>, over as many rows each, no name twice. Pass to the model.</param>
    /// <param name="weights">One weight per source and point; null where none were learned: then ranks are added up (reciprocal rank fusion).</param>
    /// <param name="newItems">Weights for items that were new when the sources were made; null where they are scored as all others. Needs <paramref name="weights"/>.</param>
    /// <exception cref="ArgumentException">Sources and weights do not fit together.</exception>
    public FusionModel(IReadOnlyList<ScoreSource> sources, FusionWeights? weights = null, NewItemWeights? newItems = null)
    {
        if (sources.Count is 0 or > MaxSources)
            throw new ArgumentException($"A model has 1 to {MaxSources} sources; these are {sources.Count}.", nameof(sources));
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (ScoreSource source in sources)
        {
            if (source.RowCount != sources[0].RowCount)
                throw new ArgumentException($"'{source.Name}' scores {source.RowCount} items, '{sources[0].Name}' {sources[0].RowCount}.", nameof(sources));
            if (!names.Add(source.Name))
                throw new ArgumentException($"Two sources are named '{source.Name}'.", nameof(sources));
        }

        if (weights is not null && weights.Count != sources.Count)
            throw new ArgumentException($"{weights.Count} weights for {sources.Count} sources.", nameof(weights));
        if (newItems is not null && (weights is null || newItems.Weights.Length != sources.Count))
            throw new ArgumentException($"New items have {newItems.Weights.Length} weights for {sources.Count} sources; one each is needed, and other items need theirs.", nameof(newItems));
        if (newItems is not null && newItems.FirstRow >= sources[0].RowCount)
            throw new ArgumentException($"New items begin at row {newItems.FirstRow} of {sources[0].RowCount}.", nameof(newItems));
        (Sources, Weights, NewItems, RowCount) = ([.. sources], weights, newItems, sources[0].RowCount);
        foreach (ScoreSource source in sources)
            Clusters ??= (source as ClusterSource)?.Posterior ?? (source as FactorSource)?.Clusters;
    }

    /// <summary>The sources, in the order in which they are run: what costs least and says most had best come first.</summary>
    public IReadOnlyList<ScoreSource> Sources { get; }

    /// <summary>Null where ranks are added up.</summary>
    public FusionWeights? Weights { get; }

    /// <summary>Which clusters a user is of; null where no source asks.</summary>
    public ClusterPosterior? Clusters { get; }

    /// <summary>Null where new items are scored as all others.</summary>
    public NewItemWeights? NewItems { get; }

    /// <summary>Items of the catalogue.</summary>
    public int RowCount { get; }

    /// <summary>Whether a source that counts with this many events takes the embedding of features and history, or of the features alone.</summary>
    public bool NeedsEmbedding(int events, bool ofContext)
    {
        Span<float> weights = stackalloc float[MaxSources];
        Weights?.At(events, weights);
        for (int i = 0; i < Sources.Count; i++)
        {
            if (Sources[i] is TowerSource tower && tower.IsOfContext == ofContext && (Weights is null || weights[i] != 0f || (NewItems is not null && NewItems.Weights[i] != 0f)))
                return true;
        }

        return false;
    }

    /// <summary>Lets go of what the sources hold.</summary>
    public void Dispose()
    {
        foreach (ScoreSource source in Sources)
            source.Dispose();
    }
}
