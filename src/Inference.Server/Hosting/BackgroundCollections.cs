using System.Runtime;

namespace Inference.Server.Hosting;

/// <summary>
/// On one processor, has the old generation collected beside the work instead of with everything stopped (ADR 51).
/// </summary>
/// <remarks>
/// The workstation collector, which the runtime takes on one processor, starts a thread for such a collection when it has none, and where that thread is not yet under way when it looks, the collection is done at once and stops all threads for as long as it takes: .3 to .6 s with a million items.
/// Whether it is depends on who interrupts whom. Here a thread that may not interrupt asks for the collection (<see cref="WakePolicy.StandBack"/>), so the new one goes first.
/// </remarks>
internal sealed class BackgroundCollections : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly CollectionPace _pace;
    private readonly TimeSpan _period;
    private readonly Func<bool> _serves;
    private readonly Action _collect;
    private readonly ManualResetEventSlim _ends = new();
    private readonly Thread _thread;

    internal BackgroundCollections(CollectionPace pace, TimeSpan period, Func<bool> serves, Action collect)
    {
        _pace = pace;
        _period = period;
        _serves = serves;
        _collect = collect;
        _thread = new Thread(Work) { IsBackground = true, Name = "old generation" };
        _thread.Start();
    }

    /// <summary>Whether the runtime would stop all threads now and then: with the workstation collector on one processor. On several it takes the server's, whose threads stay.</summary>
    public static bool IsNeeded => Environment.ProcessorCount == 1 && !GCSettings.IsServerGC && WakePolicy.IsOpen && IsConcurrent(GC.GetConfigurationVariables());

    /// <summary>Looks after the collector until it is disposed; null where nothing is to be done.</summary>
    /// <param name="serves">Whether calls are answered: before that, stops are felt by nobody, and what a load allocates says nothing of what comes after it.</param>
    public static BackgroundCollections? Keep(Func<bool> serves) => IsNeeded ? new(new CollectionPace(), Period, serves, static () => GC.Collect(2, GCCollectionMode.Forced, blocking: false)) : null;

    public void Dispose()
    {
        _ends.Set();
        _thread.Join();
        _ends.Dispose();
    }

    /// <summary>Whether the runtime collects beside the work at all.</summary>
    internal static bool IsConcurrent(IReadOnlyDictionary<string, object> configuration) => configuration.TryGetValue("ConcurrentGC", out object? value) && value is true;

    private void Work()
    {
        while (!_ends.Wait(_period))
        {
            if (!_serves() || !_pace.IsDue(Now, GC.CollectionCount(2), GC.CollectionCount(1)))
                continue;
            // Each time: at the end of an overload all threads get back what they had.
            WakePolicy.StandBack();
            _collect();
            _pace.NoteAsked(Now, GC.CollectionCount(2), GC.CollectionCount(1));
        }
    }

    private static TimeSpan Now => TimeSpan.FromMilliseconds(Environment.TickCount64);
}
