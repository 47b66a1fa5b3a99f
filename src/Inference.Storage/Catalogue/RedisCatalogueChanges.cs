using System.Text;
using System.Text.Json;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Storage.Redis;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Inference.Storage.Catalogue;

/// <summary>
/// Changes kept in a Redis hash and shared by all replicas; this process holds them too.
/// <list type="number">
/// <item>A change is one script: version, hash, announcement. It is confirmed when Redis has it; while Redis is away it is refused, for a change that was promised must not end with this process.</item>
/// <item>An announcement names version and items; who does not have that version reads them from the hash.</item>
/// <item>After every interruption, the first included, the whole hash is read; what is held here and missing there (Redis lost its data) is put back. When a greeting to itself has
/// arrived, so that no later announcement is missed, it is read once more.</item>
/// </list>
/// Records that are not what was put there are counted, logged once and passed over; where this process holds the change it repairs them.
/// </summary>
public sealed class RedisCatalogueChanges : ICatalogueChanges, IAsyncDisposable
{
    private const int ScanCount = 500;
    private const int ReadCount = 500;
    private const int RestoreCount = 100;

    /// <summary>Announcements that wait at most; with more, everything is read again.</summary>
    private const int MostWaiting = 10_000;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100), LastRetry = TimeSpan.FromSeconds(10);

    private readonly KeptChanges _kept = new();
    private readonly RedisConnection _redis;
    private readonly StorageMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<RedisCatalogueChanges> _log;
    private readonly CancellationTokenSource _ended = new();
    private readonly RedisValue _greeting = $"0 [\"{Guid.NewGuid():N}\"]";
    private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly List<RedisValue> _announced = [];
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _readAll = true;
    private bool _hears;
    private bool _toldCorrupt;
    private IDisposable? _subscription;
    private IDisposable? _restored;
    private Task _work = Task.CompletedTask;

    public RedisCatalogueChanges(RedisConnection redis, StorageMetrics metrics, TimeProvider time, ILogger<RedisCatalogueChanges> log)
    {
        _redis = redis;
        _metrics = metrics;
        _time = time;
        _log = log;
    }

    /// <inheritdoc/>
    public int Count => _kept.Count;

    /// <inheritdoc/>
    public IEnumerable<ItemChange> Latest() => _kept.Changes();

    /// <inheritdoc/>
    public async ValueTask<long> KeepAsync(IReadOnlyList<ItemChange> changes, CancellationToken cancellationToken)
    {
        byte[][] bodies = [.. changes.Select(change => ItemRecord.Body(change.ItemId, change.Content))];
        var arguments = new RedisValue[3 + (2 * bodies.Length)];
        arguments[0] = (string)_redis.Keys.ItemsChannel!;
        arguments[1] = Math.Max(_kept.Highest + 1, Versions.At(_time.GetUtcNow()));
        arguments[2] = JsonSerializer.Serialize([.. changes.Select(change => change.ItemId)], StoredItems.Json.StringArray);
        for (int i = 0; i < bodies.Length; i++)
        {
            arguments[3 + (2 * i)] = changes[i].ItemId;
            arguments[4 + (2 * i)] = bodies[i];
        }

        RedisResult result = await _redis.RunAsync("keep_items", database => database.ScriptEvaluateAsync(ItemScripts.Keep, [_redis.Keys.Items], arguments), cancellationToken);
        long version = (long)result;
        for (int i = 0; i < bodies.Length; i++)
            _kept.TryPut(changes[i].ItemId, version, bodies[i]);
        return version;
    }

    /// <inheritdoc/>
    public Task StartAsync(Func<IReadOnlyList<ItemChange>, Task> arrived)
    {
        _restored = _redis.OnRestored(() => Note(announcement: default));
        _subscription = _redis.Subscribe(_redis.Keys.ItemsChannel, Note);
        _work = Task.Run(() => WorkAsync(arrived));
        return _caughtUp.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _subscription?.Dispose();
        _restored?.Dispose();
        await _ended.CancelAsync();
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Leaves work for <see cref="WorkAsync"/>: an announcement, or, where there is none, to read everything.</summary>
    private void Note(RedisValue announcement)
    {
        TaskCompletionSource wake;
        lock (_lock)
        {
            if (announcement.IsNull || _announced.Count >= MostWaiting || announcement == _greeting)
            {
                _announced.Clear();
                _readAll = true;
                _hears = !announcement.IsNull;
            }
            else
            {
                _announced.Add(announcement);
            }

            wake = _wake;
        }

        wake.TrySetResult();
    }

    private async Task WorkAsync(Func<IReadOnlyList<ItemChange>, Task> arrived)
    {
        TimeSpan retry = FirstRetry;
        while (!_ended.IsCancellationRequested)
        {
            bool readAll, hears;
            RedisValue[] announced;
            Task wake;
            lock (_lock)
            {
                _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                wake = _wake.Task;
                (readAll, hears, announced) = (_readAll, _hears, [.. _announced]);
                _readAll = false;
                _announced.Clear();
            }

            try
            {
                if (readAll)
                    await ReadAllAsync(arrived);
                await ReadAnnouncedAsync(announced, arrived);
                if (hears)
                {
                    retry = FirstRetry;
                    await wake.WaitAsync(_ended.Token);
                    continue;
                }

                await GreetAsync();
            }
            catch (Exception e) when (!_ended.IsCancellationRequested)
            {
                // Whatever it was, it must not end what keeps replicas together. What was announced is in the hash; it is read with the rest.
                lock (_lock)
                    _readAll = true;
                // That Redis is away is told by its connection.
                if (retry == FirstRetry && e is not StoreException { Failure: StoreFailure.Unavailable })
                    Log.ItemsNotRead(_log, e);
            }

            await wake.WaitAsync(retry, _time, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            retry = retry * 2 < LastRetry ? retry * 2 : LastRetry;
        }
    }

    private async ValueTask GreetAsync() => await _redis.RunAsync(
        "greet_items", database => database.ScriptEvaluateAsync(ItemScripts.Greet, [_redis.Keys.Items], [(string)_redis.Keys.ItemsChannel!, _greeting]), _ended.Token);

    private async Task ReadAllAsync(Func<IReadOnlyList<ItemChange>, Task> arrived)
    {
        var there = new HashSet<string>(StringComparer.Ordinal);
        string cursor = "0";
        do
        {
            object[] arguments = [_redis.Keys.Items, cursor, "COUNT", ScanCount];
            RedisResult result = await _redis.RunAsync("scan_items", database => database.ExecuteAsync("HSCAN", arguments), _ended.Token);
            var page = (RedisResult[])result!;
            cursor = (string)page[0]!;
            var fields = (RedisValue[])page[1]!;
            var news = new List<ItemChange>();
            for (int i = 0; i + 1 < fields.Length; i += 2)
            {
                string id = (string)fields[i]!;
                if (Take(id, fields[i + 1], news) >= _kept.VersionOf(id))
                    there.Add(id);
            }

            await HandOnAsync(news, arrived);
        }
        while (cursor != "0");
        foreach ((string ItemId, long Version, byte[] Body)[] lost in _kept.Bodies().Where(kept => !there.Contains(kept.ItemId)).Chunk(RestoreCount))
            await RestoreAsync(lost);
        _caughtUp.TrySetResult();
    }

    private async Task RestoreAsync((string ItemId, long Version, byte[] Body)[] lost)
    {
        RedisValue[] arguments = [(string)_redis.Keys.ItemsChannel!, .. lost.SelectMany(kept => new RedisValue[] { kept.ItemId, kept.Version, kept.Body })];
        RedisResult restored = await _redis.RunAsync("restore_items", database => database.ScriptEvaluateAsync(ItemScripts.Restore, [_redis.Keys.Items], arguments), _ended.Token);
        Log.ItemsRestored(_log, (int)restored);
    }

    private async Task ReadAnnouncedAsync(RedisValue[] announced, Func<IReadOnlyList<ItemChange>, Task> arrived)
    {
        var wanted = new HashSet<string>(StringComparer.Ordinal);
        foreach (RedisValue announcement in announced)
        {
            if (!TryParse(announcement, out long version, out string[] ids))
                _metrics.Failed(StoreFailure.Corrupt);
            foreach (string id in ids)
            {
                if (_kept.VersionOf(id) < version)
                    wanted.Add(id);
            }
        }

        foreach (string[] ids in wanted.Chunk(ReadCount))
        {
            RedisValue[] fields = [.. ids.Select(id => (RedisValue)id)];
            RedisValue[] records = await _redis.RunAsync("read_items", database => database.HashGetAsync(_redis.Keys.Items, fields), _ended.Token);
            var news = new List<ItemChange>();
            for (int i = 0; i < ids.Length; i++)
            {
                if (!records[i].IsNull)
                    Take(ids[i], records[i], news);
            }

            await HandOnAsync(news, arrived);
        }
    }

    /// <summary>Reads a field of the hash, keeps it if it is news, and adds it to the news then.</summary>
    /// <returns>Its version; 0 for what cannot be read, or is no item.</returns>
    private long Take(string id, RedisValue field, List<ItemChange> news)
    {
        if (id.Length == 0)
            return 0;
        if (!ItemRecord.TryRead(id, (byte[])field!, out long version, out byte[]? body, out ItemContent? content))
        {
            _metrics.Failed(StoreFailure.Corrupt);
            if (!_toldCorrupt)
                Log.ItemCorrupt(_log, id);
            _toldCorrupt = true;
            return 0;
        }

        if (_kept.TryPut(id, version, body))
            news.Add(new ItemChange(id, version, content));
        return version;
    }

    private async Task HandOnAsync(List<ItemChange> news, Func<IReadOnlyList<ItemChange>, Task> arrived)
    {
        if (news.Count == 0)
            return;
        try
        {
            await arrived(news);
        }
        catch (Exception e) when (!_ended.IsCancellationRequested)
        {
            Log.ItemsNotTaken(_log, news.Count, e);
        }
    }

    private static bool TryParse(RedisValue announcement, out long version, out string[] ids)
    {
        ids = [];
        string text = (string)announcement!;
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        if (!long.TryParse(text.AsSpan(0, Math.Max(space, 0)), out version))
            return false;
        try
        {
            ids = JsonSerializer.Deserialize(text.AsSpan(space + 1), StoredItems.Json.StringArray) ?? [];
            return ids.All(id => id is not null);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
