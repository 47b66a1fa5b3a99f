using Inference.Recommendations.Decisions;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;
using Inference.Storage.Redis;
using Microsoft.Extensions.Logging;

namespace Inference.Storage.Decisions;

/// <summary>The log of decisions and of the events that name their requests: files of a folder, a stream in Redis, or both. Nothing here waits. Safe for concurrent use.</summary>
public sealed class DecisionLog : IDecisionLog, IAsyncDisposable
{
    private readonly DecisionOptions _options;
    private readonly DecisionFolder? _folder;
    private readonly DecisionStream? _stream;
    private bool _isDisposed;

    /// <param name="options">What is kept, and where.</param>
    /// <param name="redis">Needed for a stream; null for none.</param>
    public DecisionLog(DecisionOptions options, DecisionMetrics metrics, TimeProvider time, ILogger<DecisionLog> log, RedisConnection? redis = null)
    {
        _options = options;
        _folder = options.Folder.Length > 0 ? new DecisionFolder(options, metrics, time, log) : null;
        _stream = options.ToRedis && redis is not null ? new DecisionStream(options, redis, metrics) : null;
        if (options.ToRedis && redis is null)
            Log.NoRedisForDecisions(log);
    }

    /// <inheritdoc/>
    public bool Keeps(string requestId, bool byChance) =>
        (_folder is not null || _stream is not null) && (byChance || (_options.Share > 0 && ShareOf(requestId) < _options.Share));

    /// <inheritdoc/>
    public void Add(Decision decision)
    {
        _folder?.Add(decision);
        _stream?.Add(decision);
    }

    /// <summary>Keeps an event that names a request, for what became of it; others are none of its business. Returns at once.</summary>
    public void Add(UserEvent item)
    {
        if (item.RequestId.Length > 0)
            _folder?.Add(item);
    }

    /// <summary>Takes the key of a user out of what was added so far, in the background; returns at once.</summary>
    public void Forget(UserKey user)
    {
        if (_options.UserKeys && !user.IsNobody)
            _folder?.Forget(user);
    }

    /// <summary>Takes in nothing more, and waits until all is kept or the caller gives up.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (_folder is not null)
            await _folder.CloseAsync(cancellationToken);
        if (_stream is not null)
            await _stream.CloseAsync(cancellationToken);
    }

    /// <summary>Ends it; may be called again, for containers hold it under two names.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
            return;
        if (_folder is not null)
            await _folder.DisposeAsync();
        if (_stream is not null)
            await _stream.DisposeAsync();
    }

    /// <summary>A number in [0, 1) that is the same for an id everywhere: FNV-1a (Fowler, Noll and Vo), stirred by the end of MurmurHash3.</summary>
    internal static double ShareOf(string requestId)
    {
        ulong hash = 14695981039346656037;
        foreach (char character in requestId)
            hash = (hash ^ character) * 1099511628211;
        hash = (hash ^ (hash >> 33)) * 0xFF51_AFD7_ED55_8CCD;
        hash = (hash ^ (hash >> 33)) * 0xC4CE_B9FE_1A85_EC53;
        return ((hash ^ (hash >> 33)) >> 11) * (1.0 / (1UL << 53));
    }
}
