using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Storage;
using Inference.Storage.Counters;
using Inference.Storage.Events;
using Inference.Storage.Redis;
using Inference.Storage.Users;
using Microsoft.Extensions.Logging.Abstractions;

namespace FunctionalTests.Storage;

/// <summary>All that one replica of the server holds of users, on a Redis that it shares with others.</summary>
internal sealed class Replica : IAsyncDisposable
{
    private int _events;

    private Replica(string address, Action<StateOptions>? configure)
    {
        World = new RedisWorld(address);
        Options = new StateOptions();
        configure?.Invoke(Options);
        States = new UserStates(Options, TimeProvider.System, World.Metrics, World.Connection);
        Counters = new FadingCounters(Options, TimeProvider.System, World.Metrics, NullLogger<FadingCounters>.Instance, World.Connection);
        Events = new UserEvents(
            States, Counters, Options, TimeProvider.System, World.Metrics, NullLogger<UserEvents>.Instance, [user => Forgotten.Add(user)], World.Connection, TimeSpan.FromSeconds(5));
    }

    /// <summary>When events of tests begin.</summary>
    public static DateTimeOffset Start { get; } = TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(10);

    public RedisWorld World { get; }

    public StateOptions Options { get; }

    public UserStates States { get; }

    public FadingCounters Counters { get; }

    public UserEvents Events { get; }

    public RedisConnection Redis => World.Connection;

    /// <summary>Users whose other data this replica was told to drop.</summary>
    public List<UserKey> Forgotten { get; } = [];

    /// <summary>A replica that is connected and hears the others.</summary>
    public static Task<Replica> StartAsync(RedisProcess redis, Action<StateOptions>? configure = null) => StartAsync(redis.Address, configure);

    /// <param name="address">Of any node.</param>
    public static async Task<Replica> StartAsync(string address, Action<StateOptions>? configure = null)
    {
        var replica = new Replica(address, configure);
        await RedisWorld.UntilAsync(() => replica.World.Restored > 0);
        return replica;
    }

    public static UserIdentity User(int number) => new(RedisWorld.User(number));

    public UserEvent Event(int user, string item, InteractionType type = InteractionType.Click, string? id = null, int minute = 0) =>
        new(id ?? $"{GetHashCode()}-{Interlocked.Increment(ref _events)}", user < 0 ? default : User(user), item, type, Start + TimeSpan.FromSeconds(minute));

    public async Task<RecordedEvents> RecordAsync(params UserEvent[] events) => await Events.RecordAsync(events, CancellationToken.None);

    public async Task<string[]> HistoryAsync(UserIdentity user) => [.. (await States.FindAsync(user, CancellationToken.None)).State?.History ?? []];

    public Task<string[]> HistoryAsync(int user) => HistoryAsync(User(user));

    public double Popularity(string item) => Counts(LivePopularity.CounterName).GetValueOrDefault(item);

    public Dictionary<string, double> Counts(string name)
    {
        var counts = new Dictionary<string, double>();
        Counters.Read(name, counts.Add);
        return counts;
    }

    public async ValueTask DisposeAsync()
    {
        await Events.DisposeAsync();
        await Counters.DisposeAsync();
        await World.DisposeAsync();
    }
}
