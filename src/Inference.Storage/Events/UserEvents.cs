using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using Inference.Recommendations;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Storage.Counters;
using Inference.Storage.Decisions;
using Inference.Storage.Redis;
using Inference.Storage.Users;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Inference.Storage.Events;

/// <summary>
/// Takes in what users did.
/// <list type="number">
/// <item>a repetition that this process remembers is a duplicate, an event of a forgotten user is refused</item>
/// <item>the rest counts in memory at once: with its user, and for the popularity of its item</item>
/// <item>and goes to Redis by the <see cref="Outbox"/>, whose answer is waited for as long as the budget lasts; where Redis knows better, the count is taken back</item>
/// <item>what other replicas tell counts in memory too</item>
/// </list>
/// Safe for concurrent use.
/// </summary>
public sealed class UserEvents : IUserEvents, IAsyncDisposable
{
    private readonly UserStates _states;
    private readonly FadingCounters _counters;
    private readonly StorageMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly DecisionLog? _decisions;
    private readonly TimeSpan _budget;
    private readonly Action<UserKey>[] _forgetters;
    private readonly SeenEvents _seen = new();
    private readonly ulong _sender = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    private readonly EventStream? _stream;
    private readonly RecordedEventsStore? _store;
    private readonly Outbox? _outbox;
    private readonly IDisposable? _subscription;

    /// <param name="counters">
    /// Gets the popularity of items, as <see cref="LivePopularity.CounterName"/>; a view counts 1, a click 2, a cart or a like 4, a purchase 8, a skip nothing. And how often they were shown and clicked in
    /// slates, as <see cref="ItemExposure.ShownName"/> and <see cref="ItemExposure.ClickedName"/>.
    /// </param>
    /// <param name="forgetters">Each drops what it holds of a user in this process, such as embeddings.</param>
    /// <param name="redis">The store that is shared; null to keep everything in this process.</param>
    /// <param name="budget">How long a call that records waits for Redis; what is not known by then is told as far as this process knows. By default 5 ms.</param>
    /// <param name="decisions">Gets the events that name a request, and who is forgotten; null for nobody.</param>
    public UserEvents(
        UserStates states, FadingCounters counters, StateOptions options, TimeProvider time, StorageMetrics metrics, ILogger<UserEvents> log,
        IEnumerable<Action<UserKey>>? forgetters = null, RedisConnection? redis = null, TimeSpan? budget = null, DecisionLog? decisions = null)
    {
        _decisions = decisions;
        _states = states;
        _counters = counters;
        _metrics = metrics;
        _time = time;
        _budget = budget ?? TimeSpan.FromMilliseconds(5);
        _forgetters = [.. forgetters ?? []];
        if (redis is null)
            return;
        _stream = new EventStream(redis);
        _store = new RecordedEventsStore(redis, states, options, time, _sender);
        _outbox = new Outbox(redis, _stream, _store, states.IsForgotten, OnSettled, options.EventBuffer, metrics, time, log);
        _subscription = redis.Subscribe(redis.Keys.EventsChannel, OnMessage);
    }

    /// <summary>Events that Redis has not taken yet.</summary>
    public int Waiting => _outbox?.Length ?? 0;

    /// <inheritdoc/>
    public ValueTask<RecordedEvents> RecordAsync(IReadOnlyList<UserEvent> events, CancellationToken cancellationToken) => RecordAsync(events, _budget, cancellationToken);

    /// <summary>As above, with another budget.</summary>
    internal async ValueTask<RecordedEvents> RecordAsync(IReadOnlyList<UserEvent> events, TimeSpan budget, CancellationToken cancellationToken)
    {
        using Activity? span = Spans.Begin(Log.Activities, "record_events");
        var receipt = new Receipt();
        for (int i = 0; i < events.Count; i++)
            Take(events[i], receipt);
        receipt.Close();
        if (!receipt.Settled.IsCompleted)
            await Task.WhenAny(receipt.Settled, Task.Delay(budget, _time, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        if (span is not null)
            Describe(span, receipt.Counts);
        return receipt.Counts;
    }

    /// <inheritdoc/>
    public async ValueTask<DateTimeOffset> ForgetAsync(UserIdentity user, CancellationToken cancellationToken)
    {
        DateTimeOffset now = _time.GetUtcNow();
        if (user.IsNobody)
            return now;
        Forget(user);
        if (_outbox is null)
            return now;
        // From now on the outbox leaves the user's events out; what was on its way arrives before the deletion.
        await _outbox.RoundEndedAsync(cancellationToken);
        await _store!.ForgetAsync(user, now, _stream!);
        // Whoever read the user while it was being deleted may have put something back.
        Forget(user);
        return now;
    }

    /// <summary>Takes in nothing more for Redis, and waits until Redis has everything or the caller gives up; what is left then is counted as dropped.</summary>
    public Task CloseAsync(CancellationToken cancellationToken) => _outbox?.CloseAsync(cancellationToken) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _subscription?.Dispose();
        if (_outbox is not null)
            await _outbox.DisposeAsync();
    }

    private static void Describe(Activity span, in RecordedEvents counts) =>
        span.SetTag("recsys.events.recorded", counts.Recorded).SetTag("recsys.events.duplicates", counts.Duplicates).SetTag("recsys.events.refused", counts.Refused).SetTag("recsys.events.dropped", counts.Dropped);

    private void Take(UserEvent item, Receipt receipt)
    {
        UserKey user = item.User.Key;
        if (!item.User.IsNobody && _states.IsForgotten(user))
        {
            Refuse(receipt);
            return;
        }

        Interaction interaction = item.ToInteraction();
        if (!_seen.TryAdd(user, interaction.EventKey))
        {
            _metrics.EventDuplicate();
            receipt.Count(Verdict.Duplicate, isOpen: false);
            return;
        }

        Added added = item.User.IsNobody ? Added.Yes : _states.Add(user, interaction);
        if (added == Added.Refused)
        {
            Refuse(receipt);
            return;
        }

        bool isKnown = added == Added.Known;
        if (isKnown)
        {
            _metrics.EventDuplicate();
        }
        else
        {
            CountIn(interaction);
            _decisions?.Add(item);
        }

        Verdict verdict = isKnown ? Verdict.Duplicate : Verdict.New;
        if (_outbox is null)
        {
            receipt.Count(verdict, isOpen: false);
            return;
        }

        receipt.Count(verdict, isOpen: true);
        var sent = new OutboxEvent(item, interaction, receipt, verdict);
        if (_outbox.TryAdd(sent))
            return;
        sent.Settle(Verdict.Dropped);
        _metrics.EventsDropped(1);
        _metrics.Dropped("events");
        // The caller may try again, and must not be told then that it is known.
        _seen.Remove(user, interaction.EventKey);
    }

    private void Refuse(Receipt receipt)
    {
        _metrics.EventRefused();
        receipt.Count(Verdict.Refused, isOpen: false);
    }

    /// <summary>Redis has spoken: where it knows better, what was counted is taken back.</summary>
    private void OnSettled(IReadOnlyCollection<OutboxEvent> settled)
    {
        foreach (OutboxEvent item in settled)
        {
            if (item.Outcome == Verdict.Refused)
            {
                _metrics.EventRefused();
                if (!_states.IsForgotten(item.User.Key))
                    _states.NoteForgotten(item.User.Key);
            }

            if (item is { Before: Verdict.New, Outcome: Verdict.Duplicate or Verdict.Refused })
                TakeBack(item.Interaction, item.Outcome == Verdict.Duplicate);
        }
    }

    /// <param name="isDuplicate">Whether another replica counts it; what that one told of it was taken for known here.</param>
    private void TakeBack(in Interaction interaction, bool isDuplicate)
    {
        if (isDuplicate)
            _metrics.EventDuplicate();
        foreach ((string counter, double weight) in EventWeights.Of(interaction.Type))
        {
            _counters.Add(counter, interaction.ItemId, -weight, interaction.Time);
            if (isDuplicate)
                _counters.Hear(counter, interaction.ItemId, weight, interaction.Time);
        }
    }

    private void OnMessage(RedisValue value)
    {
        ReadOnlySpan<byte> message = (byte[]?)value ?? [];
        EventMessage.Kind kind = EventMessage.ReadHeader(ref message, out ulong sender);
        if (sender == _sender && kind != EventMessage.Kind.None)
            return;
        if (kind == EventMessage.Kind.Forget && EventMessage.TryReadForget(message, out UserIdentity user))
        {
            Forget(user);
            return;
        }

        while (kind == EventMessage.Kind.Events && !message.IsEmpty)
        {
            if (!EventMessage.TryReadEvent(ref message, out UserKey key, out Interaction interaction))
            {
                _metrics.Failed(StoreFailure.Corrupt);
                return;
            }

            Hear(key, interaction);
        }

        if (kind != EventMessage.Kind.Events)
            _metrics.Failed(StoreFailure.Corrupt);
    }

    /// <summary>Another replica has recorded an event.</summary>
    private void Hear(UserKey user, in Interaction interaction)
    {
        if (!_seen.TryAdd(user, interaction.EventKey))
            return;
        if (!user.IsNobody)
            _states.AddIfHeld(user, interaction);
        foreach ((string counter, double weight) in EventWeights.Of(interaction.Type))
            _counters.Hear(counter, interaction.ItemId, weight, interaction.Time);
    }

    private void CountIn(in Interaction interaction)
    {
        _metrics.EventRecorded(interaction.Type);
        foreach ((string counter, double weight) in EventWeights.Of(interaction.Type))
            _counters.Add(counter, interaction.ItemId, weight, interaction.Time);
    }

    private void Forget(UserIdentity user)
    {
        foreach (UserKey key in user.Former.IsNobody ? [user.Key] : (ReadOnlySpan<UserKey>)[user.Key, user.Former])
        {
            _states.Forget(key);
            _decisions?.Forget(key);
            foreach (Action<UserKey> forgetter in _forgetters)
                forgetter(key);
        }
    }
}
