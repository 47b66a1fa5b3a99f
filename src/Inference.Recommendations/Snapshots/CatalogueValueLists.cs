using System.Collections.Concurrent;
using Inference.Recommendations.Fusion;

namespace Inference.Recommendations.Snapshots;

/// <summary>
/// Keeps <see cref="ValueLists"/> of a catalogue for the attributes that retrievers go by.
/// <list type="number">
/// <item>They are built while a bundle loads for attributes that surfaces name; for others when they are asked for first, in the background, and there are none until then.</item>
/// <item>Once popularity or items have changed they are built anew in the background, a minute apart at least, and so that building takes a twentieth of a core at most. Until then the old ones are handed out.</item>
/// </list>
/// Nobody who asks waits. Safe for concurrent use.
/// </summary>
internal sealed class CatalogueValueLists(ItemCatalogue items) : IDisposable
{
    private const double MostLoad = 0.05;

    /// <summary>Seconds from the end of one building to the next.</summary>
    private const double Pause = 60;

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private bool _isDisposed;

    /// <summary>Whether any item has, or has had, an attribute of this name.</summary>
    public bool Knows(string attribute) => items.Filters.Attributes.KindsOf(attribute) != Filters.Columns.AttributeKinds.None;

    /// <summary>The lists that there are; null while they are built for the first time.</summary>
    /// <param name="attribute">One that <see cref="Knows"/> knows.</param>
    /// <param name="popularity">As it is now.</param>
    /// <param name="clock">Says when lists are old.</param>
    public ValueLists? Find(string attribute, Popularity popularity, FusionClock clock)
    {
        if (!_entries.TryGetValue(attribute, out Entry? entry))
            entry = _entries.GetOrAdd(attribute, new Entry());
        if (IsDue(entry, popularity, clock) && entry.TryBegin())
            Begin(entry, attribute, popularity, clock);
        return entry.Lists;
    }

    /// <summary>Builds lists that there are not yet on the caller's thread.</summary>
    public void Prepare(string attribute, Popularity popularity, FusionClock clock, CancellationToken cancellationToken)
    {
        Entry entry = _entries.GetOrAdd(attribute, _ => new Entry());
        if (entry.Lists is null && entry.TryBegin())
            Build(entry, attribute, popularity, clock, cancellationToken);
    }

    /// <summary>Waits until nothing is built any more; for tests, and for whoever disposes the contents.</summary>
    public void Wait()
    {
        foreach (Entry entry in _entries.Values)
        {
            if (entry.Building is { } building)
                ((IAsyncResult)building).AsyncWaitHandle.WaitOne();
        }
    }

    /// <summary>Ends what is being built. Nobody asks any more. Once is enough.</summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        _stop.Cancel();
        Wait();
        _entries.Clear();
        _stop.Dispose();
    }

    private bool IsDue(Entry entry, Popularity popularity, FusionClock clock)
    {
        if (!entry.WasBuilt)
            return true;
        bool isChanged = entry.Lists is null || !ReferenceEquals(entry.Popularity, popularity) || entry.Changes != items.Filters.ChangeCount;
        return isChanged && clock.SecondsOf(clock.Now - entry.At) >= entry.Rest;
    }

    // In a method of its own, so that asking makes no closure.
    private void Begin(Entry entry, string attribute, Popularity popularity, FusionClock clock) =>
        entry.Building = Task.Factory.StartNew(
            () =>
            {
                try
                {
                    Build(entry, attribute, popularity, clock, _stop.Token);
                }
                catch (OperationCanceledException)
                {
                    // Nobody asks any more.
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

    private void Build(Entry entry, string attribute, Popularity popularity, FusionClock clock, CancellationToken cancellationToken)
    {
        long start = clock.Now;
        try
        {
            // Before the items are read: what changes meanwhile is read the next time.
            entry.Changes = items.Filters.ChangeCount;
            entry.Popularity = popularity;
            entry.Lists = ValueLists.Build(items, attribute, popularity, cancellationToken);
        }
        finally
        {
            entry.At = clock.Now;
            entry.Rest = Math.Max(Pause, clock.SecondsOf(entry.At - start) / MostLoad);
            entry.End();
        }
    }

    /// <summary>What is kept of one attribute. Only who builds writes; a reader who meets old figures with new ones asks too early or too late by one building.</summary>
    private sealed class Entry
    {
        private ValueLists? _lists;
        private int _isBuilding;
        private bool _wasBuilt;

        public ValueLists? Lists
        {
            get => Volatile.Read(ref _lists);
            set => Volatile.Write(ref _lists, value);
        }

        /// <summary>Whether a building has ended, well or not.</summary>
        public bool WasBuilt => Volatile.Read(ref _wasBuilt);

        public Task? Building { get; set; }

        public Popularity? Popularity { get; set; }

        /// <summary>Changes of items before.</summary>
        public long Changes { get; set; }

        /// <summary>When the last building ended.</summary>
        public long At { get; set; }

        /// <summary>Seconds from then to the next.</summary>
        public double Rest { get; set; }

        public bool TryBegin() => Volatile.Read(ref _isBuilding) == 0 && Interlocked.Exchange(ref _isBuilding, 1) == 0;

        public void End()
        {
            Volatile.Write(ref _wasBuilt, true);
            Volatile.Write(ref _isBuilding, 0);
        }
    }
}
