using Inference.Recommendations.Catalogue;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Server.Options;
using Inference.Server.Telemetry;
using Inference.Storage.Users;
using Inference.Towers.Bundles;

namespace Inference.Server.Hosting;

/// <summary>Loads the configured bundle once the ports are open, so that probes get an answer meanwhile, and makes the server ready.</summary>
internal sealed class ModelLoading(
    InferenceOptions options, SnapshotRegistry snapshots, UserStates users, UserKeyRing keys, CatalogueUpdates catalogue, FirstReads firstReads, Readiness readiness, ServerMetrics metrics, TimeProvider time, ILogger<ModelLoading> log)
    : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource<LoadedModel> _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _loading = Task.CompletedTask;

    /// <summary>The model once it answers. Fails with <see cref="BundleException"/> when it is refused, and is cancelled when the server stops first.</summary>
    public Task<LoadedModel> Loaded => _loaded.Task;

    /// <summary>When the model of this snapshot was loaded.</summary>
    public DateTimeOffset LoadedAt(Snapshot snapshot) => ModelOf(snapshot)?.At ?? time.GetUtcNow();

    /// <summary>The model of this snapshot; null while it is loading.</summary>
    public LoadedModel? ModelOf(Snapshot snapshot) =>
        Loaded is { IsCompletedSuccessfully: true } loaded && ReferenceEquals(loaded.GetAwaiter().GetResult().Snapshot, snapshot) ? loaded.GetAwaiter().GetResult() : null;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _loading = LoadAsync();
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _loading.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _stopping.Dispose();
        foreach (Snapshot snapshot in snapshots.Loaded)
        {
            catalogue.Detach(snapshot);
            snapshot.Dispose();
        }
    }

    private async Task LoadAsync()
    {
        long start = time.GetTimestamp();
        try
        {
            LoadedModel model = await LoadBundleAsync(start);
            users.ReplaceBundle(model.Users.Select(user => KeyValuePair.Create(keys.Of(user.Key).Key, user.Value)));
            await catalogue.AttachAsync(model.Snapshot, _stopping.Token);
            await firstReads.RunAsync(model.Snapshot, _stopping.Token);
            snapshots.Activate(model.Snapshot);
            metrics.ModelLoaded(model.Took, "ok");
            Log.Ready(log, model.Snapshot.Model.FullVersion, model.Snapshot.Items.Count, model.Took.TotalSeconds);
            readiness.Advance(ServerState.Ready);
            _loaded.SetResult(model);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            _loaded.SetCanceled(_stopping.Token);
        }
        catch (Exception e)
        {
            metrics.ModelLoaded(time.GetElapsedTime(start), "refused");
            _loaded.SetException(e);
        }
    }

    private async Task<LoadedModel> LoadBundleAsync(long start)
    {
        if (!BundleLocator.TryFind(options.Bundle, out string? folder, out string? problem))
            throw new BundleException(options.Bundle.Path, [problem]);
        Log.Loading(log, folder);
        var settings = new BundleLoadSettings { Towers = options.Towers, Index = options.Index, Loading = options.Loading, Progress = new LoadProgressLog(time, log), Logger = log, Time = time };
        LoadedBundle bundle = await BundleLoader.LoadAsync(folder, settings, _stopping.Token);
        return new LoadedModel(folder, bundle.Snapshot, bundle.Users, bundle.Providers, bundle.ProviderUses, time.GetUtcNow(), time.GetElapsedTime(start));
    }
}
