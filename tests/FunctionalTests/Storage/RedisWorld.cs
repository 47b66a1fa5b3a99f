using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Inference.Recommendations.Users;
using Inference.Storage;
using Inference.Storage.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FunctionalTests.Storage;

/// <summary>A connection to a Redis, with what it measures.</summary>
internal sealed class RedisWorld : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private int _restored;

    public RedisWorld(string configuration, Action<RedisOptions>? configure = null)
    {
        // Patient, so that a busy machine fails no test that is not about time.
        var options = new RedisOptions { Configuration = configuration, CommandTimeout = TimeSpan.FromSeconds(5) };
        configure?.Invoke(options);
        IMeterFactory meters = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == meters)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.Start();
        Metrics = new StorageMetrics(meters);
        Connection = new RedisConnection(options, Metrics, TimeProvider.System, new Logger<RedisConnection>(new LoggerFactory()));
        Connection.OnRestored(() => Interlocked.Increment(ref _restored));
    }

    public StorageMetrics Metrics { get; }

    public RedisConnection Connection { get; }

    /// <summary>Counts by instrument and tags, such as "recsys.store.failures timeout".</summary>
    public ConcurrentDictionary<string, long> Counts { get; } = new();

    /// <summary>How often Redis has come back.</summary>
    public int Restored => Volatile.Read(ref _restored);

    /// <summary>For tests of Redis that does not answer.</summary>
    public static void Impatient(RedisOptions options) => options.CommandTimeout = TimeSpan.FromSeconds(1);

    public static UserKey User(int number) => new(0x1234_5678_9ABC_DEF0, (ulong)number + 1);

    /// <summary>A world that is connected already.</summary>
    public static async Task<RedisWorld> ConnectedAsync(string configuration, Action<RedisOptions>? configure = null)
    {
        var world = new RedisWorld(configuration, configure);
        await UntilAsync(() => world.Connection.Status == RedisStatus.Connected);
        return world;
    }

    /// <summary>Waits for something that another process brings about.</summary>
    /// <exception cref="TimeoutException">It never came.</exception>
    public static async Task UntilAsync(Func<bool> holds, int seconds = 20)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        while (!holds())
        {
            if (patience.IsCancellationRequested)
                throw new TimeoutException($"Not within {seconds} s.");
            await Task.Delay(10);
        }
    }

    /// <summary>As above, where it takes waiting to look.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds, int seconds = 20)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        while (!await holds())
        {
            if (patience.IsCancellationRequested)
                throw new TimeoutException($"Not within {seconds} s.");
            await Task.Delay(10);
        }
    }

    public void Observe() => _listener.RecordObservableInstruments();

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        _listener.Dispose();
        await _services.DisposeAsync();
    }

    private void Note(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string name = instrument.Name;
        foreach (KeyValuePair<string, object?> tag in tags)
            name += " " + tag.Value;
        if (instrument.IsObservable)
            Counts[name] = value;
        else
            Counts.AddOrUpdate(name, value, (_, sum) => sum + value);
    }
}
