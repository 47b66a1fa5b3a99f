using Inference.Recommendations.Exploration;
using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Retrieval;
using Inference.Recommendations.Recall;
using Inference.Vectors;
using Inference.Vectors.Search;

namespace Inference.Recommendations.Snapshots;

/// <summary>
/// A bundle loaded whole: everything that one reply needs, from one version, so a request that holds it never sees a mixture of two versions. The towers and profiles never change;
/// items come and go (<see cref="Editor"/>). Rows of <see cref="Items"/>, <see cref="Index"/>, <see cref="Popularity"/> and <see cref="Profiles"/> agree: a row means one item for the
/// life of the snapshot.
/// </summary>
public sealed class Snapshot : IDisposable
{
    private readonly IDisposable[] _owned;
    private readonly TaskCompletionSource _unused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IDeviceSearch? _deviceSearch;
    private readonly FusedScorer? _fusion;
    private readonly FusedScorer? _coldFusion;
    private readonly IRanker? _ranker;
    private volatile Popularity _popularity;
    private volatile ItemArms _arms = ItemArms.Empty;
    private volatile Trends _trends = Trends.None;
    private volatile NewItemPool _newItems = NewItemPool.Empty;
    private readonly VectorFile? _originals;
    private RecallState? _recall;
    private volatile bool _isRetired;
    private int _holders = 1;

    /// <param name="index">Passes to the snapshot.</param>
    /// <param name="owned">What is to be disposed with the snapshot (sessions), in this order.</param>
    public Snapshot(
        ModelIdentity model,
        ItemCatalogue items,
        LiveIndex index,
        IUserTower userTower,
        IItemTower? itemTower,
        Popularity popularity,
        ClusterProfiles? profiles,
        params IDisposable[] owned)
    {
        int rows = items.Rows.RowCount;
        if (index.RowCount != rows || popularity.Ranked.Length != rows)
            throw new ArgumentException($"The catalogue has {rows} items, the index {index.RowCount}, popularity {popularity.Ranked.Length}.");
        Model = model;
        Items = items;
        Index = index;
        UserTower = userTower;
        ItemTower = itemTower;
        BundlePopularity = _popularity = popularity;
        Profiles = profiles;
        ProfileMixture = profiles is null ? null : new ProfileMixture(profiles);
        Editor = new CatalogueEditor(items, index);
        _owned = owned;
        Context = ContextOf(profiles, userTower, fusion: null, ranker: null);
    }

    public ModelIdentity Model { get; }

    public ItemCatalogue Items { get; }

    /// <summary>The vectors of the items. Graphs hold them as codes, so that a vector read back is within a few thousandths of the one that the item tower gave.</summary>
    public LiveIndex Index { get; }

    /// <summary>What is nearest to items, kept between requests.</summary>
    internal NearItems NearItems { get; } = new();

    /// <summary>The scores of <see cref="Profiles"/>, and the best items for contexts, kept between requests; null when there are none.</summary>
    internal ProfileMixture? ProfileMixture { get; }

    /// <summary>Changes <see cref="Items"/> and <see cref="Index"/> while they are read.</summary>
    public CatalogueEditor Editor { get; }

    /// <summary>Searches <see cref="Index"/> in passes that waiting requests share; null to search it directly.</summary>
    public ConcurrentSearch? SharedSearch { get; init; }

    /// <summary>Searches the items on a device; null where <see cref="Index"/> alone does. Disposed with the snapshot, as one of what it owns.</summary>
    public IDeviceSearch? DeviceSearch
    {
        get => _deviceSearch;
        init => Editor.DeviceSearch = _deviceSearch = value;
    }

    /// <summary>The embeddings of the bundle's items in fp32, read from a file piece by piece; null where there is none. Disposed with the snapshot, as one of what it owns.</summary>
    public VectorFile? Originals
    {
        get => _originals;
        init
        {
            _originals = value;
            Editor.KeepsMovedRows |= value is not null;
        }
    }

    public IUserTower UserTower { get; }

    /// <summary>Orders candidates, where a surface wants it; null when the bundle has no ranking model. Disposed with the snapshot, as one of what it owns.</summary>
    public IRanker? Ranker
    {
        get => _ranker;
        init
        {
            _ranker = value;
            Context = ContextOf(Profiles, UserTower, _fusion, value);
        }
    }

    /// <summary>Null when the bundle has item embeddings only.</summary>
    public IItemTower? ItemTower { get; }

    /// <summary>Of the rows that it knows; those behind them are touched by nobody. Replaced whole as events are recorded (<see cref="LivePopularity"/>), so read it once.</summary>
    public Popularity Popularity
    {
        get => _popularity;
        internal set => _popularity = value;
    }

    /// <summary>As the bundle brought it.</summary>
    public Popularity BundlePopularity { get; }

    /// <summary>How often items were shown and clicked. Replaced whole as events are recorded, so read it once.</summary>
    public ItemArms Arms
    {
        get => _arms;
        internal set => _arms = value;
    }

    /// <summary>What is touched more often lately. Replaced whole as events are recorded, so read it once.</summary>
    public Trends Trends
    {
        get => _trends;
        internal set => _trends = value;
    }

    /// <summary>Rows of items that few users have been shown yet, which slots are kept for. Replaced whole; read it once.</summary>
    public NewItemPool NewItems
    {
        get => _newItems;
        internal set => _newItems = value;
    }

    /// <summary>Null when the bundle has no cluster profiles.</summary>
    public ClusterProfiles? Profiles { get; }

    /// <summary>Scores the catalogue with several sources; null where the ladder alone answers. What it holds is disposed with the snapshot, as one of what it owns.</summary>
    public FusedScorer? Fusion
    {
        get => _fusion;
        init
        {
            _fusion = value;
            if (value is null)
                return;
            Context = ContextOf(Profiles, UserTower, value, _ranker);
            // What scores candidates asks the index that serves, and where ranks are added up changed vectors count for nothing.
            Editor.KeepsMovedRows |= value is { IsWhole: true, Model.Weights: not null };
        }
    }

    /// <summary>Answers users of whom little is known where there is no <see cref="Fusion"/> (<see cref="ColdMixture"/>); null where the ladder does.</summary>
    public FusedScorer? ColdFusion
    {
        get => _coldFusion;
        init
        {
            _coldFusion = value;
            if (value is { IsWhole: true, Model.Weights: not null })
                Editor.KeepsMovedRows = true;
        }
    }

    /// <summary>What fuses sources for a user; null where the ladder answers.</summary>
    /// <param name="history">Rows of the bundle that the user touched.</param>
    /// <param name="hasPassed">Whether the user was shown something and passed it over.</param>
    public FusedScorer? ScorerFor(ReadOnlySpan<int> history, bool hasPassed = false)
    {
        if (_fusion is not null || _coldFusion is not { } cold || cold.Options.FewEvents == 0)
            return _fusion;
        return hasPassed || history.Length < cold.Options.FewEvents || cold.EventsOf(history) < cold.Options.FewEvents ? cold : null;
    }

    /// <summary>The context features that any part of this snapshot reads.</summary>
    public FeatureSchema Context { get; private init; }

    /// <summary>What is known of the recall of the index; null where nothing was measured yet.</summary>
    internal RecallState? Recall => Volatile.Read(ref _recall);

    /// <summary>Whether it was taken out of the registry: nobody new will ask it.</summary>
    internal bool IsRetired => _isRetired;

    /// <summary>Ends once whoever made the snapshot and everybody who answers from it have let it go; then it may be disposed.</summary>
    internal Task Unused => _unused.Task;

    /// <summary>Begins to use the snapshot; false when everybody has let it go, and it may be disposed at any moment.</summary>
    internal bool TryHold()
    {
        int holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            int seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
                return true;
            holders = seen;
        }

        return false;
    }

    /// <summary>What is known of the recall, beginning with this where nothing is.</summary>
    internal RecallState RecallOr(RecallState made) => Interlocked.CompareExchange(ref _recall, made, null) ?? made;

    /// <summary>Says that it was taken out.</summary>
    internal void Retire() => _isRetired = true;

    /// <summary>Ends one use. The first holder is who made the snapshot, or the registry that took it.</summary>
    internal void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            _unused.SetResult();
    }

    private static FeatureSchema ContextOf(ClusterProfiles? profiles, IUserTower userTower, FusedScorer? fusion, IRanker? ranker)
    {
        var known = new Dictionary<string, IReadOnlyCollection<FeatureKind>>(StringComparer.Ordinal);
        foreach (ContextSource source in fusion?.Model.Sources.OfType<ContextSource>() ?? [])
        {
            foreach (ContextValues field in source.Fields)
                known[field.Feature] = [FeatureKind.Text, FeatureKind.Integer];
        }

        foreach (string name in ranker?.Features.Names ?? [])
            known[name] = [.. Enum.GetValues<FeatureKind>().Where(kind => ranker!.Features.Accepts(name, kind))];
        foreach (string name in profiles?.ContextFeatures ?? [])
            known[name] = [FeatureKind.Text, FeatureKind.Integer];
        foreach (string name in userTower.Features.Names)
            known[name] = [.. Enum.GetValues<FeatureKind>().Where(kind => userTower.Features.Accepts(name, kind))];
        return new FeatureSchema(known);
    }

    public void Dispose()
    {
        Index.Dispose();
        Items.Dispose();
        foreach (IDisposable part in _owned)
            part.Dispose();
    }
}
