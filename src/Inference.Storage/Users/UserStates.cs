using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;
using Inference.Storage.Caching;
using Inference.Storage.Redis;

namespace Inference.Storage.Users;

/// <summary>
/// What is known of users, in layers: the bundle's user, stored features, recorded interactions, and nothing at all where a tombstone stands.
/// <list type="number">
/// <item>memory answers while it is fresh; a user never seen is remembered too, as that</item>
/// <item>otherwise Redis is read, once for all that ask for one user, in one command with the reads of others</item>
/// <item>what it says is united with what memory has: interactions are a set, so neither a read that began before an event nor the order of messages takes anything away</item>
/// <item>when Redis fails, memory is used as it is, and not asked to read again for a moment</item>
/// </list>
/// Without Redis memory is all there is, and interactions that it gives up for others are lost and counted. Safe for concurrent use.
/// </summary>
public sealed class UserStates : IUserStates
{
    /// <summary>How long a user is not read again after a read failed: so that an outage does not cost every request a failure.</summary>
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(250);

    private readonly StateOptions _options;
    private readonly TimeProvider _time;
    private readonly StorageMetrics _metrics;
    private readonly RedisConnection? _redis;
    private readonly RedisUsers? _stored;
    private readonly SieveCache<UserKey, UserRecord> _memory;
    private readonly Tombstones _tombstones;
    private readonly Lock[] _gates = [.. Enumerable.Range(0, 256).Select(_ => new Lock())];
    private readonly ConcurrentDictionary<UserKey, Task<UserRecord>> _reads = new();
    private readonly ConcurrentDictionary<string, IReadOnlyDictionary<UserKey, UserState>> _bundles = new(StringComparer.Ordinal);
    private volatile IReadOnlyDictionary<UserKey, UserState> _bundle = FrozenDictionary<UserKey, UserState>.Empty;
    private volatile int _era;

    /// <param name="redis">The store that is shared; null to keep everything in this process.</param>
    public UserStates(StateOptions options, TimeProvider time, StorageMetrics metrics, RedisConnection? redis = null)
    {
        _options = options;
        _time = time;
        _metrics = metrics;
        _redis = redis;
        _stored = redis is null ? null : new RedisUsers(redis, options, metrics);
        _memory = new SieveCache<UserKey, UserRecord>(options.UserCacheBytes, time);
        _tombstones = new Tombstones(options.ForgottenFor, time);
        metrics.Watch("states", "memory", () => _memory.Report);
        metrics.WatchForgotten(() => _tombstones.Count);
        redis?.OnRestored(() => Interlocked.Increment(ref _era));
    }

    /// <summary>How many users the bundle knows.</summary>
    public int Count => _bundle.Count;

    /// <summary>Forgets the users of the bundle before and takes these instead. What was recorded stays.</summary>
    /// <param name="states">States by user; <see cref="KeyedUsers"/> are taken as they are.</param>
    public void ReplaceBundle(IEnumerable<KeyValuePair<UserKey, UserState>> states) => _bundle = states is KeyedUsers users ? users : states.ToFrozenDictionary();

    /// <summary>Takes in the users of a bundle beside those of the active one: requests that its version answers are told of these.</summary>
    /// <param name="version">"name/version".</param>
    /// <param name="states">States by user.</param>
    public void AddBundle(string version, IReadOnlyDictionary<UserKey, UserState> states) => _bundles[version] = states;

    /// <summary>Lets go of the users of a bundle that nobody is answered from any more.</summary>
    public void RemoveBundle(string version) => _bundles.TryRemove(version, out _);

    /// <inheritdoc/>
    public ValueTask<UserLookup> FindAsync(UserIdentity user, CancellationToken cancellationToken)
    {
        if (user.IsNobody || _tombstones.Holds(user.Key))
            return default;
        if (_memory.TryGet(user.Key, new Believed(_stored is not null, _time.GetTimestamp(), _era), static (record, believed) => believed.Accepts(record), out UserRecord? record))
            return new(new UserLookup(record.StateOver(Bundled(user)), record.Failure));
        return _stored is null ? new(new UserLookup(Bundled(user))) : FindStoredAsync(user, cancellationToken);
    }

    /// <inheritdoc/>
    public UserState? Held(UserIdentity user)
    {
        if (user.IsNobody || _tombstones.Holds(user.Key))
            return null;
        UserState? bundle = Bundled(user);
        return _memory.TryPeek(user.Key, out UserRecord? record) ? record.StateOver(bundle) : bundle;
    }

    private UserState? Bundled(UserIdentity user) =>
        (user.Bundle is { } version && _bundles.TryGetValue(version, out IReadOnlyDictionary<UserKey, UserState>? states) ? states : _bundle).GetValueOrDefault(user.Key);

    /// <summary>Whether this process knows the user to be forgotten.</summary>
    public bool IsForgotten(UserKey user)
    {
        if (_tombstones.Holds(user))
            return true;
        return _memory.TryPeek(user, out UserRecord? record) && record.IsForgotten && new Believed(true, _time.GetTimestamp(), _era).Accepts(record);
    }

    /// <summary>Adds what a user did; from now on every read of the user sees it.</summary>
    internal Added Add(UserKey user, in Interaction interaction)
    {
        lock (GateOf(user))
        {
            if (IsForgotten(user))
                return Added.Refused;
            UserRecord record = _memory.TryPeek(user, out UserRecord? held) && !held.IsForgotten ? held : UserRecord.Blank;
            InteractionLog log = record.Interactions.Add(interaction, _options.MaxHistory, out Added added);
            if (added == Added.Yes)
                Keep(user, record.With(log));
            return added;
        }
    }

    /// <summary>Adds what another replica says that a user did, if this one holds the user.</summary>
    internal void AddIfHeld(UserKey user, in Interaction interaction)
    {
        if (_memory.TryPeek(user, out _))
            Add(user, interaction);
    }

    /// <summary>Drops all that is held of a user, and keeps it from coming back.</summary>
    internal void Forget(UserKey user)
    {
        lock (GateOf(user))
        {
            _tombstones.Add(user);
            _memory.Remove(user);
        }
    }

    /// <summary>The store says that a tombstone stands.</summary>
    internal void NoteForgotten(UserKey user)
    {
        lock (GateOf(user))
            Keep(user, new UserRecord { Interactions = InteractionLog.Empty, IsForgotten = true, GoodUntil = After(_options.UserFreshness), Era = _era });
    }

    /// <summary>Moves what the store holds under the former key, unless that was done.</summary>
    /// <exception cref="StoreException">The store failed.</exception>
    internal async ValueTask MoveAsync(UserIdentity user)
    {
        if (user.Former.IsNobody || (_memory.TryPeek(user.Key, out UserRecord? held) && held.IsMoved))
            return;
        await _stored!.MoveAsync(user);
        lock (GateOf(user.Key))
        {
            if (_memory.TryPeek(user.Key, out held))
                Keep(user.Key, held.Moved());
        }
    }

    /// <summary>What a reader found damaged of this user in the store, by its SHA-1; "" when nothing.</summary>
    internal string DamageOf(UserKey user) => _memory.TryPeek(user, out UserRecord? record) ? record.Damage : "";

    private async ValueTask<UserLookup> FindStoredAsync(UserIdentity user, CancellationToken cancellationToken)
    {
        // Known beforehand, and in an outage that is every request: no exception is thrown and caught for it.
        if (_redis!.Status == RedisStatus.Connecting)
        {
            _metrics.Failed(StoreFailure.Unavailable);
            return new UserLookup(Held(user), StoreFailure.Unavailable);
        }

        UserRecord record = await ReadOnce(user).WaitAsync(cancellationToken);
        return _tombstones.Holds(user.Key) ? default : new UserLookup(record.StateOver(Bundled(user)), record.Failure);
    }

    private Task<UserRecord> ReadOnce(UserIdentity user)
    {
        lock (GateOf(user.Key))
        {
            if (_reads.TryGetValue(user.Key, out Task<UserRecord>? under))
                return under;
            Task<UserRecord> reading = ReadAsync(user);
            // Whoever ends the read needs this gate to take it out again, so it cannot have been too early.
            if (!reading.IsCompleted)
                _reads[user.Key] = reading;
            return reading;
        }
    }

    private async Task<UserRecord> ReadAsync(UserIdentity user)
    {
        int era = _era;
        long start = _time.GetTimestamp();
        try
        {
            await MoveAsync(user);
            StoredUser stored = await _stored!.ReadAsync(user.Key);
            lock (GateOf(user.Key))
            {
                _reads.TryRemove(user.Key, out _);
                return Unite(user.Key, stored, start, era);
            }
        }
        catch (Exception e)
        {
            lock (GateOf(user.Key))
            {
                _reads.TryRemove(user.Key, out _);
                if (e is not StoreException store)
                    throw;
                return Keep(user.Key, (_memory.TryPeek(user.Key, out UserRecord? held) ? held : UserRecord.Blank).After(store.Failure, After(PauseAfterFailure), era));
            }
        }
    }

    private UserRecord Unite(UserKey user, in StoredUser stored, long start, int era)
    {
        InteractionLog log = InteractionLog.Empty;
        if (!stored.IsForgotten)
            log = _memory.TryPeek(user, out UserRecord? held) ? held.Interactions.Union(stored.Interactions, _options.MaxHistory) : stored.Interactions;
        return Keep(user, new UserRecord
        {
            Interactions = log,
            Features = stored.Features,
            IsForgotten = stored.IsForgotten,
            IsMoved = true,
            GoodUntil = start + TicksOf(_options.UserFreshness),
            Era = era,
            Damage = stored.Damage,
        });
    }

    /// <summary>Holds a record, unless the user was forgotten meanwhile. The caller has the gate.</summary>
    private UserRecord Keep(UserKey user, UserRecord record)
    {
        if (!_tombstones.Holds(user))
            _memory.Set(user, record, record.WeightOver(_bundle.GetValueOrDefault(user)), _options.UserTimeToLive);
        return record;
    }

    private long After(TimeSpan span) => _time.GetTimestamp() + TicksOf(span);

    private long TicksOf(TimeSpan span) => (long)(span.TotalSeconds * _time.TimestampFrequency);

    private Lock GateOf(UserKey user) => _gates[(int)(user.Low % (ulong)_gates.Length)];

    /// <summary>Tells what may be used without asking the store.</summary>
    private readonly record struct Believed(bool HasStore, long Now, int Era)
    {
        public bool Accepts(UserRecord record) => !HasStore || (Now < record.GoodUntil && record.Era == Era);
    }
}
