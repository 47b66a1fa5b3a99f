using System.Diagnostics.Metrics;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Storage;
using Inference.Storage.Counters;
using Inference.Storage.Events;
using Inference.Storage.Users;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using UnitTests.Testing;

namespace UnitTests.Storage;

/// <summary>Users and events of a server without Redis, on a clock that is moved by hand.</summary>
internal sealed class StorageWorld
{
    private int _events;

    public StorageWorld(Action<StateOptions>? configure = null)
    {
        Options = new StateOptions();
        configure?.Invoke(Options);
        Metrics = new StorageMetrics(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());
        States = new UserStates(Options, Time, Metrics);
        Counters = new FadingCounters(Options, Time, Metrics, NullLogger<FadingCounters>.Instance);
        Events = new UserEvents(States, Counters, Options, Time, Metrics, NullLogger<UserEvents>.Instance, [Dropped.Add]);
    }

    public ManualTime Time { get; } = new();

    public StateOptions Options { get; }

    public StorageMetrics Metrics { get; }

    public UserStates States { get; }

    public FadingCounters Counters { get; }

    public UserEvents Events { get; }

    /// <summary>Users whose other data was to be dropped.</summary>
    public List<UserKey> Dropped { get; } = [];

    public static UserIdentity User(int number) => new(new UserKey(0x1234_5678_9ABC_DEF0, (ulong)number + 1));

    public UserEvent Event(int user, string item, InteractionType type = InteractionType.Click, string? id = null, DateTimeOffset? time = null) =>
        new(id ?? $"event {++_events}", user < 0 ? default : User(user), item, type, time ?? Time.GetUtcNow().AddMicroseconds(_events));

    public RecordedEvents Record(params UserEvent[] events) => Of(Events.RecordAsync(events, CancellationToken.None));

    public void Forget(int user) => Of(Events.ForgetAsync(User(user), CancellationToken.None));

    public UserState? Find(int user) => Of(States.FindAsync(User(user), CancellationToken.None)).State;

    public double Popularity(string item) => Counts(LivePopularity.CounterName).GetValueOrDefault(item);

    public Dictionary<string, double> Counts(string name)
    {
        var counts = new Dictionary<string, double>();
        Counters.Read(name, counts.Add);
        return counts;
    }

    /// <summary>Without Redis nothing waits.</summary>
    private static T Of<T>(ValueTask<T> call) => call.IsCompleted ? call.GetAwaiter().GetResult() : throw new InvalidOperationException("It waits.");
}
