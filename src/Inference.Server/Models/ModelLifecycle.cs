using System.Collections.Concurrent;
using Inference.Recommendations.Catalogue;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Retrieval;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Server.Hosting;
using Inference.Server.Options;
using Inference.Server.Rehearsals;
using Inference.Server.Surfaces;
using Inference.Server.Telemetry;
using Inference.Storage.Users;
using Inference.Towers.Bundles;
using Inference.Towers.Loading;

namespace Inference.Server.Models;

/// <summary>
/// Loads, activates and lets go of versions while requests are answered.
/// <code>
///  folder ─ load, check, warm up ─▸ loaded ─ activate ─▸ active ─ replaced ─▸ loaded ─ unload ─▸ last lease ends ─▸ disposed
///            (off the serving path)     └ canary share ┘                         └ rollback ▸ active
/// </code>
/// One change at a time; requests never wait for any. A version that is refused changes nothing.
/// </summary>
internal sealed class ModelLifecycle : IDisposable
{
    /// <summary>How far back rollbacks can go, one after the other.</summary>
    private const int MostFormer = 100;

    private readonly InferenceOptions _options;
    private readonly SnapshotRegistry _snapshots;
    private readonly UserStates _users;
    private readonly CatalogueUpdates _catalogue;
    private readonly ModelOpening _opening;
    private readonly Readiness _readiness;
    private readonly ServerMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<ModelLifecycle> _log;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly ConcurrentDictionary<string, ModelRecord> _records = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Task> _releases = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource<LoadedModel> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Versions that were active before the active one, the latest last. Changed in turn alone.</summary>
    private readonly List<BundleFolder> _former = [];

    private volatile LoadedModel? _active;
    private volatile string? _rollbackTo;

    public ModelLifecycle(
        InferenceOptions options, SnapshotRegistry snapshots, UserStates users, ModelOpening opening, CatalogueUpdates catalogue, Readiness readiness, ServerMetrics metrics, TimeProvider time, ILogger<ModelLifecycle> log)
    {
        _options = options;
        _snapshots = snapshots;
        _users = users;
        _opening = opening;
        _catalogue = catalogue;
        _readiness = readiness;
        _metrics = metrics;
        _time = time;
        _log = log;
        metrics.WatchModels(() => _records.Values.Count(record => record.State == ModelState.Loaded));
    }

    /// <summary>The first model that is activated; whoever waits for the server to be ready waits for it.</summary>
    public Task<LoadedModel> First => _first.Task;

    /// <summary>The model that answers requests that pin none; null before the first.</summary>
    public LoadedModel? Active => _active;

    /// <summary>The version that has a share of the requests beside the active one; null for none.</summary>
    public string? Canary => _snapshots.Split.Canary?.Model.FullVersion;

    /// <summary>The version that a rollback goes back to; null for none.</summary>
    public string? RollbackTo => _rollbackTo;

    /// <summary>All versions that were ever looked at, in no order.</summary>
    public IEnumerable<ModelRecord> Records => _records.Values;

    /// <summary>What is known of a version; null for one that was never looked at.</summary>
    public ModelRecord? Find(string version) => _records.GetValueOrDefault(version);

    /// <summary>The model of a leased snapshot.</summary>
    public LoadedModel? ModelOf(Snapshot snapshot) => Find(snapshot.Model.FullVersion)?.Model is { } model && model.Snapshot == snapshot ? model : null;

    /// <summary>Takes note of the folders that are there now.</summary>
    public void Note(IReadOnlyList<BundleFolder> folders)
    {
        var there = new HashSet<string>(StringComparer.Ordinal);
        foreach (BundleFolder folder in folders)
        {
            if (there.Add(folder.Version))
                _records.AddOrUpdate(folder.Version, static (version, folder) => new ModelRecord(version, ModelState.Available, folder), static (_, record, folder) => record with { Folder = folder }, folder);
        }

        foreach ((string version, ModelRecord record) in _records)
        {
            if (there.Contains(version))
                continue;
            if (record.State is ModelState.Available or ModelState.Refused)
                _records.TryRemove(KeyValuePair.Create(version, record));
            else
                _records.TryUpdate(version, record with { Folder = null }, record);
        }
    }

    /// <summary>Loads a version beside those that are there; one that is loaded already stays as it is.</summary>
    /// <exception cref="BundleException">It is refused.</exception>
    public async Task<LoadedModel> LoadAsync(BundleFolder folder, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await LoadInTurnAsync(folder, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Makes a loaded version the active one. What was active goes, unless it is to stay.</summary>
    /// <exception cref="ModelRequestException">It is not loaded.</exception>
    public async Task<LoadedModel> ActivateAsync(string version, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            LoadedModel? before = _active;
            LoadedModel model = ActivateInTurn(version);
            if (before is not null && before != model)
                _former.Add(FolderOf(before));
            if (_former.Count > MostFormer)
                _former.RemoveAt(0);
            _rollbackTo = _former.LastOrDefault()?.Version;
            UnloadFormer();
            return model;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Makes the version active that was so before, loading it where it has gone. The one that is left is let go, and not gone back to.</summary>
    /// <exception cref="ModelRequestException">No version was active before.</exception>
    /// <exception cref="BundleException">The former version has to be loaded again and is refused now; the active one stays.</exception>
    public async Task<LoadedModel> RollbackAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_former is not [.., var former] || _active is not { } left)
                throw new ModelRequestException(ModelFault.NoneBefore, "No version was active before the active one.");
            LoadedModel model = await LoadInTurnAsync(former, cancellationToken);
            ActivateInTurn(model.Version);
            _former.RemoveAt(_former.Count - 1);
            _rollbackTo = _former.LastOrDefault()?.Version;
            if (!StaysLoaded)
                _ = Unload(left);
            return model;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Gives a loaded version a share of the requests that pin none; null takes it back.</summary>
    /// <exception cref="ModelRequestException">It is active, or not loaded.</exception>
    public async Task SplitAsync(string? version, double share, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (version is null)
            {
                _snapshots.SetCanary(null, 0);
                return;
            }

            LoadedModel model = Loaded(version);
            if (model == _active)
                throw new ModelRequestException(ModelFault.IsActive, $"Version '{version}' is the active one: it gets what no other version gets.");
            _snapshots.SetCanary(model.Snapshot, share);
            Log.Split(_log, version, share);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Takes a version out and lets it go once its last request has ended.</summary>
    /// <exception cref="ModelRequestException">It is active, or not loaded.</exception>
    public async Task UnloadAsync(string version, CancellationToken cancellationToken)
    {
        Task released;
        await _turn.WaitAsync(cancellationToken);
        try
        {
            LoadedModel model = Loaded(version);
            if (model == _active)
                throw new ModelRequestException(ModelFault.IsActive, $"Version '{version}' is the active one. Activate another one first.");
            released = Unload(model);
        }
        finally
        {
            _turn.Release();
        }

        await released.WaitAsync(cancellationToken);
    }

    /// <summary>Says that there will be no first model.</summary>
    public void GiveUp(Exception reason)
    {
        if (reason is OperationCanceledException canceled)
            _first.TrySetCanceled(canceled.CancellationToken);
        else
            _first.TrySetException(reason);
    }

    /// <summary>Lets go of everything; requests have ended.</summary>
    public void Dispose()
    {
        foreach (Snapshot snapshot in _snapshots.Clear())
        {
            _catalogue.Detach(snapshot);
            snapshot.Dispose();
        }
    }

    /// <summary>Under a policy that serves several versions, those that are not active stay.</summary>
    private bool StaysLoaded => VersionPolicy.Parse(_options.Bundle.Version).Kind is PolicyKind.All or PolicyKind.Specific or PolicyKind.Explicit;

    private async Task<LoadedModel> LoadInTurnAsync(BundleFolder folder, CancellationToken cancellationToken)
    {
        if (Find(folder.Version) is { State: ModelState.Loaded, Model: { } loaded })
            return loaded;
        // What goes must be gone: two snapshots of one version would be two embeddings of one space id.
        if (_releases.TryGetValue(folder.Version, out Task? release))
            await release.WaitAsync(cancellationToken);
        long start = _time.GetTimestamp();
        Log.Loading(_log, folder.Path);
        _records[folder.Version] = new ModelRecord(folder.Version, ModelState.Loading, folder);
        try
        {
            LoadedModel model = await _opening.RunAsync(folder, _active is null ? LoadPace.Full : LoadPace.Background, cancellationToken);
            _users.AddBundle(model.Version, model.Users);
            _snapshots.Add(model.Snapshot);
            _records[folder.Version] = new ModelRecord(folder.Version, ModelState.Loaded, folder, model);
            _metrics.ModelLoaded(model.Took, "ok");
            Log.Loaded(_log, model.Version, model.Snapshot.Items.Count, model.Took.TotalSeconds);
            return model;
        }
        catch (BundleException e)
        {
            _records[folder.Version] = new ModelRecord(folder.Version, ModelState.Refused, folder, Reasons: e.Reasons);
            _metrics.ModelLoaded(_time.GetElapsedTime(start), "refused");
            Log.Refused(_log, folder.Path, string.Join(" ", e.Reasons));
            throw;
        }
        catch (Exception e)
        {
            _records[folder.Version] = new ModelRecord(folder.Version, ModelState.Refused, folder, Reasons: [e is OperationCanceledException ? "The load was given up." : "The load failed; the server's log says why."]);
            if (e is not OperationCanceledException)
            {
                _metrics.ModelLoaded(_time.GetElapsedTime(start), "failed");
                Log.LoadFailed(_log, folder.Path, e);
            }

            throw;
        }
    }

    private LoadedModel ActivateInTurn(string version)
    {
        LoadedModel model = Loaded(version);
        if (model == _active)
            return model;
        _users.ReplaceBundle(model.Users);
        _snapshots.Activate(model.Snapshot);
        _active = model;
        _metrics.ModelActivated();
        Log.Activated(_log, version, model.Snapshot.Model.EmbeddingSpaceId);
        _readiness.Advance(ServerState.Ready);
        _first.TrySetResult(model);
        return model;
    }

    private LoadedModel Loaded(string version) => Find(version) switch
    {
        { State: ModelState.Loaded, Model: { } model } => model,
        null => throw new ModelRequestException(ModelFault.Unknown, $"There is no version '{version}'."),
        { State: var state } => throw new ModelRequestException(ModelFault.NotLoaded, $"Version '{version}' is not loaded but {state.ToString().ToLowerInvariant()}. Load it first."),
    };

    private BundleFolder FolderOf(LoadedModel model) => Find(model.Version)?.Folder ?? new BundleFolder(model.Version, model.Bundle.Folder, 0, default);

    /// <summary>Lets go of former versions beyond those that are to stay.</summary>
    private void UnloadFormer()
    {
        if (StaysLoaded)
            return;
        string[] staying = [.. _former.Select(folder => folder.Version).Reverse().Distinct(StringComparer.Ordinal).Take(_options.Models.KeepFormer)];
        foreach (BundleFolder former in _former)
        {
            if (!staying.Contains(former.Version) && former.Version != _options.Models.ShadowVersion && Find(former.Version) is { State: ModelState.Loaded, Model: { } model } && model != _active)
                _ = Unload(model);
        }
    }

    /// <summary>Nobody gets the version any more; the task ends when it is disposed.</summary>
    private Task Unload(LoadedModel model)
    {
        BundleFolder folder = FolderOf(model);
        Task unused = _snapshots.Remove(model.Snapshot);
        _records[model.Version] = new ModelRecord(model.Version, ModelState.Unloading, folder, model);
        return _releases[model.Version] = ReleaseAsync(model, folder, unused);
    }

    private async Task ReleaseAsync(LoadedModel model, BundleFolder folder, Task unused)
    {
        await unused.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await BackgroundThread.RunAsync(
            () =>
            {
                _catalogue.Detach(model.Snapshot);
                model.Snapshot.Dispose();
                return true;
            },
            LoadPace.Background,
            _options.Loading);
        _users.RemoveBundle(model.Version);
        _records[model.Version] = new ModelRecord(model.Version, ModelState.Available, folder);
        _releases.TryRemove(model.Version, out _);
        Log.Released(_log, model.Version);
    }
}
