using Inference.Server.Options;
using Inference.Towers.Bundles;

namespace Inference.Server.Models;

/// <summary>
/// Serves what the repository holds: loads the first model once the ports are open, so that probes get an answer meanwhile, and looks for new versions from then on.
/// <list type="number">
/// <item>look at the folders; those that the policy wants, the highest first</item>
/// <item>pass over those that were dealt with: loaded, refused as they are now, or there when somebody chose a version by hand</item>
/// <item>pass over those that still change</item>
/// <item>load; the highest becomes active, or has its share first</item>
/// </list>
/// A version that is refused is tried again when its folder changes. At the start a lower version answers where the highest is refused; where none is left the server ends.
/// </summary>
internal sealed class RepositoryWatch(InferenceOptions options, ModelLifecycle lifecycle, TimeProvider time, ILogger<RepositoryWatch> log)
    : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Guards what follows; held while folders are listed, never while one is loaded.</summary>
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ulong> _dealtWith = new(StringComparer.Ordinal);
    private ModelRepository? _repository;
    private (string Version, long Since)? _canary;
    private int _choices;

    private Task _running = Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _running = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stopping.Dispose();

    /// <summary>The versions that are in the repository now, the highest first.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public IReadOnlyList<BundleFolder> Look()
    {
        lock (_gate)
        {
            if (_repository is null)
                return [];
            IReadOnlyList<BundleFolder> folders = _repository.Scan();
            lifecycle.Note(folders);
            return folders;
        }
    }

    /// <summary>Somebody has chosen by hand: of what is there now nothing is loaded or activated by itself any more, only versions that come later.</summary>
    public void Hold()
    {
        lock (_gate)
        {
            _choices++;
            _canary = null;
            foreach (BundleFolder folder in Look())
                _dealtWith[folder.Version] = folder.Fingerprint;
        }
    }

    private async Task RunAsync()
    {
        try
        {
            ModelRepository repository = await StartAsync();
            if (options.Models.PollInterval == TimeSpan.Zero || !repository.IsWatched)
                return;
            using var timer = new PeriodicTimer(options.Models.PollInterval, time);
            while (await timer.WaitForNextTickAsync(_stopping.Token))
                await PollAsync(repository);
        }
        catch (OperationCanceledException e) when (_stopping.IsCancellationRequested)
        {
            lifecycle.GiveUp(e);
        }
        catch (Exception e)
        {
            lifecycle.GiveUp(e);
        }
    }

    /// <summary>The first look: does not wait for folders to settle, and fails where nothing can be served.</summary>
    private async Task<ModelRepository> StartAsync()
    {
        if (!ModelRepository.TryOpen(options.Bundle, out ModelRepository? repository, out string? problem))
            throw new BundleException(options.Bundle.Path, [problem]);
        lock (_gate)
            _repository = repository;
        BundleException? refusal = null;
        IReadOnlyList<BundleFolder> folders = Look(), wanted = Served(repository, folders);
        foreach (BundleFolder folder in wanted)
            IsNews(folder);
        foreach (BundleFolder folder in wanted)
        {
            try
            {
                await lifecycle.LoadAsync(folder, _stopping.Token);
                if (lifecycle.Active is null)
                    await lifecycle.ActivateAsync(folder.Version, _stopping.Token);
                if (repository.Policy.Kind == PolicyKind.Latest)
                    break;
            }
            catch (BundleException e)
            {
                refusal ??= e;
            }
        }

        if (lifecycle.Active is null && wanted.Count > 0)
            throw refusal ?? new BundleException(repository.Folder, ["no version could be loaded."]);
        await TakeShadowAsync(folders, TimeSpan.Zero);
        return repository;
    }

    /// <summary>A later look; whatever goes wrong, what is served stays.</summary>
    private async Task PollAsync(ModelRepository repository)
    {
        try
        {
            await FinishCanaryAsync();
            IReadOnlyList<BundleFolder> folders = Look();
            foreach (BundleFolder folder in Served(repository, folders))
            {
                // Below what answers now: nobody needs it unless several are served.
                if (repository.Policy.Kind == PolicyKind.Latest && !IsHigher(folder))
                    continue;
                if (time.GetUtcNow() - folder.Written >= options.Models.SettleTime && IsNews(folder))
                    await TakeAsync(folder, repository.Policy);
            }

            await TakeShadowAsync(folders, options.Models.SettleTime);
            if (repository.Policy.Kind == PolicyKind.All)
                await UnloadGoneAsync(folders);
        }
        catch (Exception e) when (!_stopping.IsCancellationRequested)
        {
            Log.WatchFailed(log, repository.Folder, e);
        }
    }

    /// <summary>What the policy wants, without the version that is tried in the shadow: it becomes active by hand alone, unless there is no other.</summary>
    private IReadOnlyList<BundleFolder> Served(ModelRepository repository, IReadOnlyList<BundleFolder> folders)
    {
        IReadOnlyList<BundleFolder> wanted = repository.Wanted(folders);
        BundleFolder[] served = [.. wanted.Where(folder => folder.Version != options.Models.ShadowVersion)];
        return served.Length > 0 ? served : wanted;
    }

    /// <summary>Loads the version of the shadow beside the others, whatever the policy.</summary>
    private async Task TakeShadowAsync(IReadOnlyList<BundleFolder> folders, TimeSpan settle)
    {
        if (folders.FirstOrDefault(folder => folder.Version == options.Models.ShadowVersion) is not { } shadow || time.GetUtcNow() - shadow.Written < settle || !IsNews(shadow))
            return;
        try
        {
            await lifecycle.LoadAsync(shadow, _stopping.Token);
        }
        catch (BundleException)
        {
            // As of any version: told by the lifecycle, and tried again when the folder changes.
        }
    }

    /// <summary>Whether a folder was not dealt with as it is now; it is from here on.</summary>
    private bool IsNews(BundleFolder folder)
    {
        lock (_gate)
        {
            bool isKnown = _dealtWith.TryGetValue(folder.Version, out ulong fingerprint);
            if (isKnown && fingerprint == folder.Fingerprint)
                return false;
            _dealtWith[folder.Version] = folder.Fingerprint;
            ModelState? state = lifecycle.Find(folder.Version)?.State;
            if (isKnown && state == ModelState.Loaded)
                Log.ChangedAfterLoad(log, folder.Version);
            // One that was refused may have been half written. One that is loaded stays as it was checked: a version never changes.
            return !isKnown || state == ModelState.Refused;
        }
    }

    private async Task TakeAsync(BundleFolder folder, VersionPolicy policy)
    {
        int choices = Volatile.Read(ref _choices);
        try
        {
            await lifecycle.LoadAsync(folder, _stopping.Token);
        }
        catch (BundleException)
        {
            // Logged, counted and told by the lifecycle. It is tried again when the folder changes.
            return;
        }

        // Somebody may have rolled back while it was loaded; then it waits to be activated by hand.
        if (!IsHigher(folder) || Volatile.Read(ref _choices) != choices)
            return;
        if (options.Models.CanaryShare == 0)
        {
            await lifecycle.ActivateAsync(folder.Version, _stopping.Token);
            return;
        }

        string? former = lifecycle.Canary;
        await lifecycle.SplitAsync(folder.Version, options.Models.CanaryShare, _stopping.Token);
        lock (_gate)
            _canary = (folder.Version, time.GetTimestamp());
        if (former is not null && former != folder.Version && policy.Kind == PolicyKind.Latest)
            await lifecycle.UnloadAsync(former, _stopping.Token);
    }

    /// <summary>A version that had its share for long enough becomes the active one.</summary>
    private async Task FinishCanaryAsync()
    {
        string version;
        lock (_gate)
        {
            if (_canary is not { } canary || options.Models.CanaryTime == TimeSpan.Zero || time.GetElapsedTime(canary.Since) < options.Models.CanaryTime)
                return;
            (version, _canary) = (canary.Version, null);
        }

        if (lifecycle.Canary == version)
            await lifecycle.ActivateAsync(version, _stopping.Token);
    }

    private async Task UnloadGoneAsync(IReadOnlyList<BundleFolder> folders)
    {
        foreach (ModelRecord record in lifecycle.Records)
        {
            if (record is { State: ModelState.Loaded, Folder: null } && record.Version != lifecycle.Active?.Version && folders.All(folder => folder.Version != record.Version))
                await lifecycle.UnloadAsync(record.Version, _stopping.Token);
        }
    }

    private bool IsHigher(BundleFolder folder)
    {
        string? active = lifecycle.Active is { } model ? Path.GetFileName(model.Bundle.Folder) : null;
        return active is null || VersionOrder.Instance.Compare(folder.Name, active) > 0;
    }
}
