using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Microsoft.Extensions.Logging;

namespace Inference.Recommendations.Catalogue;

/// <summary>
/// Changes the catalogue while it is served.
/// <code>
///  call ──▸ 1 item tower ──▸ 2 kept (memory, Redis) ──▸ 3 catalogue and index of the snapshot, then of the other attached ones
///  another replica's change ──▸ item tower ──▸ catalogue and index of all attached snapshots
///  a snapshot is attached  ──▸ everything kept, embedded in its own space
/// </code>
/// What fails before step 3 changes nothing here. Versions decide, so changes may come twice and in any order.
/// </summary>
public sealed class CatalogueUpdates : IDisposable
{
    /// <summary>Changes that are embedded and made together: many fill the tower's batches, few let others in between.</summary>
    private const int ChunkSize = 256;

    /// <summary>How often a tower is asked that may only be busy, and how long it is left alone after the first time; four times as long after each further one.</summary>
    private const int Attempts = 4;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    private readonly ICatalogueChanges _changes;
    private readonly CatalogueOptions _options;
    private readonly CatalogueMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<CatalogueUpdates> _log;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _editing = new(1);
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _caughtUp;
    private volatile Snapshot[] _attached = [];

    public CatalogueUpdates(ICatalogueChanges changes, CatalogueOptions options, CatalogueMetrics metrics, TimeProvider time, ILogger<CatalogueUpdates> log)
    {
        _changes = changes;
        _options = options;
        _metrics = metrics;
        _time = time;
        _log = log;
        metrics.Watch(() => changes.Count);
        _caughtUp = changes.StartAsync(arrived => ApplyEverywhereAsync(arrived, except: null, CatalogueMetrics.Replica, _ended.Token));
    }

    /// <summary>Adds items or replaces them whole.</summary>
    /// <param name="snapshot">The snapshot that the caller is answered from; it has an item tower.</param>
    /// <param name="items">By id, each once.</param>
    /// <param name="cancellationToken">Gives up, as long as nothing is changed.</param>
    /// <exception cref="TowerException">The tower could not encode the items; nothing is changed.</exception>
    /// <exception cref="StoreException">As <see cref="ICatalogueChanges.KeepAsync"/>; nothing is changed here yet.</exception>
    public async ValueTask<CatalogueEdit> UpsertAsync(Snapshot snapshot, IReadOnlyList<KeyValuePair<string, ItemContent>> items, CancellationToken cancellationToken)
    {
        if (items.Count == 0)
            return default;
        ItemChange[] changes = [.. items.Select(item => new ItemChange(item.Key, 0, item.Value))];
        float[] vectors = await EmbedAsync(snapshot, changes, cancellationToken);
        return await MakeAsync(snapshot, changes, vectors, cancellationToken);
    }

    /// <summary>Takes items out.</summary>
    /// <param name="snapshot">The snapshot that the caller is answered from.</param>
    /// <param name="itemIds">Each once; ids of items that are not there are kept as deleted too, for another version of the model may have them.</param>
    /// <param name="cancellationToken">Gives up, as long as nothing is changed.</param>
    /// <exception cref="StoreException">As <see cref="ICatalogueChanges.KeepAsync"/>; nothing is changed here yet.</exception>
    public ValueTask<CatalogueEdit> DeleteAsync(Snapshot snapshot, IReadOnlyList<string> itemIds, CancellationToken cancellationToken) => itemIds.Count == 0
        ? default
        : MakeAsync(snapshot, [.. itemIds.Select(id => new ItemChange(id, 0, null))], [], cancellationToken);

    /// <summary>Brings a snapshot up to date that is about to answer, and keeps it so until it is detached. Waits for the store for at most <see cref="CatalogueOptions.ReplayBudget"/>.</summary>
    public async Task AttachAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        // First, so that what changes from now on is not missed; twice does no harm.
        lock (_lock)
            _attached = [.. _attached, snapshot];
        try
        {
            await _caughtUp.WaitAsync(_options.ReplayBudget, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            Log.CatalogueBehind(_log, snapshot.Model.FullVersion, _options.ReplayBudget.TotalSeconds);
        }

        foreach (ItemChange[] chunk in _changes.Latest().Chunk(ChunkSize))
            await ApplyAsync(snapshot, chunk, CatalogueMetrics.Replay, cancellationToken);
        _metrics.Replayed(_time.GetElapsedTime(start));
    }

    /// <summary>Changes no longer reach a snapshot. It may be disposed once this has returned and nobody is answered from it.</summary>
    public void Detach(Snapshot snapshot)
    {
        lock (_lock)
            _attached = [.. _attached.Where(other => other != snapshot)];
        // A change that is being made to it ends first.
        _editing.Wait();
        _editing.Release();
    }

    /// <summary>Takes in nothing more.</summary>
    public void Dispose() => _ended.Cancel();

    private async ValueTask<CatalogueEdit> MakeAsync(Snapshot snapshot, ItemChange[] changes, float[] vectors, CancellationToken cancellationToken)
    {
        long version = await _changes.KeepAsync(changes, cancellationToken);
        ItemChange[] kept = [.. changes.Select(change => change with { Version = version })];
        // From here on it is done, whoever waits for it.
        CatalogueEdit edit = await EditAsync(snapshot, kept, vectors, CatalogueMetrics.Call);
        await ApplyEverywhereAsync(kept, except: snapshot, CatalogueMetrics.Call, _ended.Token);
        return edit;
    }

    private async Task ApplyEverywhereAsync(IReadOnlyList<ItemChange> changes, Snapshot? except, string origin, CancellationToken cancellationToken)
    {
        foreach (Snapshot snapshot in _attached)
        {
            if (snapshot == except)
                continue;
            foreach (ItemChange[] chunk in changes.Chunk(ChunkSize))
                await ApplyAsync(snapshot, chunk, origin, cancellationToken);
        }
    }

    /// <summary>Makes those changes that are news to a snapshot. Items that its tower cannot encode are left as they are, counted and logged.</summary>
    private async Task ApplyAsync(Snapshot snapshot, ItemChange[] changes, string origin, CancellationToken cancellationToken)
    {
        ItemChange[] news = [.. changes.Where(change => snapshot.Editor.IsNews(change.ItemId, change.Version))];
        ItemChange[] deleted = [.. news.Where(change => change.Content is null)];
        ItemChange[] upserted = [.. news.Where(change => change.Content is not null)];
        if (deleted.Length > 0)
            await EditAsync(snapshot, deleted, [], origin);
        if (upserted.Length == 0)
            return;
        if (await TryEmbedAsync(snapshot, upserted, Attempts, cancellationToken) is { } vectors)
        {
            await EditAsync(snapshot, upserted, vectors, origin);
            return;
        }

        // One item that the tower cannot take must not keep the others out.
        int failed = 0;
        foreach (ItemChange change in upserted)
        {
            if (upserted.Length > 1 && await TryEmbedAsync(snapshot, [change], attempts: 1, cancellationToken) is { } vector)
                await EditAsync(snapshot, [change], vector, origin);
            else
                failed++;
        }

        if (failed == 0)
            return;
        _metrics.Failed(failed, origin);
        Log.ItemsNotEncoded(_log, snapshot.Model.FullVersion, failed);
    }

    private async ValueTask<CatalogueEdit> EditAsync(Snapshot snapshot, ItemChange[] changes, float[] vectors, string origin)
    {
        // An index that has to merge first makes its writer wait; no more than one thread does.
        await _editing.WaitAsync(CancellationToken.None);
        try
        {
            CatalogueEdit edit = snapshot.Editor.Apply(changes, vectors);
            _metrics.Changed(edit, origin);
            return edit;
        }
        catch (ObjectDisposedException) when (!_attached.Contains(snapshot))
        {
            return default;
        }
        finally
        {
            _editing.Release();
        }
    }

    private async Task<float[]?> TryEmbedAsync(Snapshot snapshot, ItemChange[] changes, int attempts, CancellationToken cancellationToken)
    {
        if (snapshot.ItemTower is null)
            return null;
        TimeSpan pause = FirstPause;
        for (int attempt = 1; ; attempt++, pause *= 4)
        {
            try
            {
                return await EmbedAsync(snapshot, changes, cancellationToken);
            }
            catch (TowerException e)
            {
                if (attempt == attempts)
                {
                    Log.ItemTowerFailed(_log, snapshot.Model.FullVersion, e);
                    return null;
                }
            }
            catch (ObjectDisposedException)
            {
                return null;
            }

            await Task.Delay(pause, _time, cancellationToken);
        }
    }

    private static async ValueTask<float[]> EmbedAsync(Snapshot snapshot, ItemChange[] changes, CancellationToken cancellationToken)
    {
        IItemTower tower = snapshot.ItemTower ?? throw new TowerException("The model has item embeddings but no item tower, so items cannot be encoded from features.");
        ItemTowerInput[] inputs = [.. changes.Select(change => new ItemTowerInput(change.ItemId, new FeatureSet(change.Content!.Features)))];
        var vectors = new float[inputs.Length * snapshot.Model.Dimension];
        await tower.EncodeOrThrowAsync(inputs, vectors, new Urgency(WorkPriority.Bulk), cancellationToken);
        return vectors;
    }
}
