using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;
using Inference.Storage.Caching;
using Inference.Storage.Redis;

namespace Inference.Storage.Embeddings;

/// <summary>
/// What contexts said of the clusters of a model, kept as embeddings are (<see cref="TwoLevelEmbeddings"/>): in memory, with Redis behind it where there is one, and forgotten with the user. The space is the model; behind the numbers of the
/// clusters stand two more, when it was said: hours since 2020 in two parts that half precision holds exactly.
/// </summary>
public sealed class RememberedContexts : IContextMemory, IAsyncDisposable
{
    private const ulong Stamp = 1;

    /// <summary>Hours in the first of the two parts.</summary>
    private const int Part = 1_024;

    private static readonly object Marker = new();

    private static readonly DateTimeOffset Start = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>For so long Redis is not asked again for a user of whom it knew nothing.</summary>
    private static readonly TimeSpan AbsentFor = TimeSpan.FromMinutes(1);

    private readonly TwoLevelEmbeddings _kept;
    private readonly SieveCache<UserKey, object> _absent;
    private readonly bool _isShared;
    private readonly TimeProvider _time;
    private volatile Space _latest = new("", "");

    /// <param name="options">How much memory, and how long it is kept.</param>
    /// <param name="redis">What is shared; null keeps all in this process. Not disposed here.</param>
    public RememberedContexts(StateOptions options, RedisConnection? redis, StorageMetrics metrics, TimeProvider time)
    {
        _kept = new TwoLevelEmbeddings("contexts", options.ContextCacheBytes, options.ContextTimeToLive, redis, metrics, time);
        _absent = new SieveCache<UserKey, object>(1 << 20, time);
        _isShared = redis is not null;
        _time = time;
    }

    /// <inheritdoc/>
    public bool TryGetHeld(string model, UserKey user, Span<float> lifts, out TimeSpan age)
    {
        Span<float> all = lifts.Length < 512 ? stackalloc float[lifts.Length + 2] : new float[lifts.Length + 2];
        bool isHeld = _kept.TryGetHeld(SpaceOf(model), user, Stamp, all);
        age = isHeld ? Read(all, lifts) : default;
        return isHeld;
    }

    /// <inheritdoc/>
    public ValueTask<TimeSpan?> TryGetAsync(string model, UserKey user, Memory<float> lifts, CancellationToken cancellationToken)
    {
        if (TryGetHeld(model, user, lifts.Span, out TimeSpan age))
            return new ValueTask<TimeSpan?>(age);
        return _isShared && !_absent.TryPeek(user, out _) ? ReadAsync(model, user, lifts, cancellationToken) : default;
    }

    /// <inheritdoc/>
    public void Set(string model, UserKey user, ReadOnlySpan<float> lifts)
    {
        Span<float> all = lifts.Length < 512 ? stackalloc float[lifts.Length + 2] : new float[lifts.Length + 2];
        lifts.CopyTo(all);
        (int parts, int rest) = Math.DivRem(Math.Max(0, (int)(_time.GetUtcNow() - Start).TotalHours), Part);
        (all[^2], all[^1]) = (parts, rest);
        _kept.Set(SpaceOf(model), user, Stamp, all);
    }

    /// <summary>Forgets a user in this process. Redis is the business of whoever forgets the user.</summary>
    public void Forget(UserKey user)
    {
        _kept.Forget(user);
        _absent.Remove(user);
    }

    /// <summary>Waits a little for writes that are queued.</summary>
    public ValueTask DisposeAsync() => _kept.DisposeAsync();

    private async ValueTask<TimeSpan?> ReadAsync(string model, UserKey user, Memory<float> lifts, CancellationToken cancellationToken)
    {
        float[] all = new float[lifts.Length + 2];
        if (await _kept.TryGetAsync(SpaceOf(model), user, Stamp, all, cancellationToken))
            return Read(all, lifts.Span);
        _absent.Set(user, Marker, 0, AbsentFor);
        return null;
    }

    private TimeSpan Read(ReadOnlySpan<float> all, Span<float> lifts)
    {
        all[..lifts.Length].CopyTo(lifts);
        TimeSpan age = _time.GetUtcNow() - Start.AddHours((all[^2] * Part) + all[^1]);
        return age > TimeSpan.Zero ? age : TimeSpan.Zero;
    }

    private string SpaceOf(string model)
    {
        Space latest = _latest;
        if (latest.Model != model)
            _latest = latest = new Space(model, "context:" + model);
        return latest.Name;
    }

    private sealed record Space(string Model, string Name);
}
