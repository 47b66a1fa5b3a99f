using System.Runtime.InteropServices;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Microsoft.Extensions.Logging;

namespace Inference.Recommendations.Exploration;

/// <summary>
/// Tells the loaded snapshots how often items were shown and clicked, and which of them are new.
/// <list type="number">
/// <item>A click in a slate is an impression and a click, a skip is an impression; both fade with the half-life of popularity.</item>
/// <item>New is an item that was added while serving, or that nobody had touched when the bundle was made, until <see cref="NewItemOptions.MostAge"/> has passed. It lacks exposure until it has had
/// <see cref="NewItemOptions.ExposureFloor"/> impressions; then it leaves the pool, or stays behind those that lack some (<see cref="NewItemOptions.Compete"/>).</item>
/// </list>
/// Works in the background and swaps whole, so that a reply pays nothing for it; and only where counts moved, items came or went, or one became too old, for the catalogue may be a million items.
/// </summary>
public sealed class ItemExposure(ICounters counters, SnapshotRegistry snapshots, NewItemOptions options, TimeProvider time)
{
    /// <summary>Name of the counts of impressions.</summary>
    public const string ShownName = "shown";

    /// <summary>Name of the counts of clicks.</summary>
    public const string ClickedName = "clicked";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1), PauseForItem = TimeSpan.FromMicroseconds(20);

    private readonly Dictionary<Snapshot, Known> _known = [];
    private readonly Dictionary<int, ItemArms.Arm> _arms = [];
    private readonly List<int> _rows = [];
    private int _counted;
    private volatile NewItemReport _report = NewItemReport.Empty;

    /// <summary>The new items of the active version, as of the last update.</summary>
    public NewItemReport Report => _report;

    /// <summary>What an interaction says of its item in a slate.</summary>
    /// <returns>Impressions and clicks, each 0 or 1.</returns>
    public static (int Shown, int Clicked) Of(InteractionType type) => type switch
    {
        InteractionType.Click => (1, 1),
        InteractionType.Skip => (1, 0),
        _ => (0, 0),
    };

    /// <summary>Updates about every second, where many items were shown more seldom, until it is cancelled.</summary>
    /// <param name="log">Is told of an update that failed; the next one comes all the same.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task RunAsync(ILogger log, CancellationToken cancellationToken) => new SteadyUpdates("exposure of items", () => Pause + (_counted * PauseForItem), time, log).RunAsync(Update, cancellationToken);

    /// <summary>Brings the loaded snapshots up to date. Not safe for concurrent use.</summary>
    public void Update()
    {
        IReadOnlyCollection<Snapshot> loaded = snapshots.Loaded;
        foreach (Snapshot gone in _known.Keys.Except(loaded).ToArray())
            _known.Remove(gone);
        if (loaded.Count == 0)
            return;
        CountsMark shown = counters.MarkOf(ShownName), clicked = counters.MarkOf(ClickedName);
        _counted = shown.Members;
        DateTimeOffset now = time.GetUtcNow();
        foreach (Snapshot snapshot in loaded)
        {
            if (!_known.TryGetValue(snapshot, out Known? known))
                _known[snapshot] = known = new Known(now);
            CatalogueRows rows = snapshot.Items.Rows;
            bool moved = shown.MovedSince(known.Shown) || clicked.MovedSince(known.Clicked);
            if (known.Moment != rows.Moment || moved)
            {
                snapshot.Arms = ArmsOf(snapshot, rows);
            }
            else if (now < known.NextIsOld)
            {
                continue;
            }

            snapshot.NewItems = PoolOf(snapshot, rows, known, now);
            known.Report = NewItemReport.Of(snapshot, snapshot.Arms, snapshot.NewItems, options.ExposureFloor);
            // Last: an update that fails is made again by the next turn.
            if (moved)
                (known.Shown, known.Clicked) = (shown, clicked);
            known.Moment = rows.Moment;
        }

        _report = snapshots.Active is { } active && _known.TryGetValue(active, out Known? served) ? served.Report : NewItemReport.Empty;
    }

    private ItemArms ArmsOf(Snapshot snapshot, CatalogueRows rows)
    {
        _arms.Clear();
        counters.Read(ShownName, (item, count) =>
        {
            if (snapshot.Items.TryGetRow(item, out int row) && row < rows.RowCount)
                _arms[row] = new ItemArms.Arm(row, Bounded(count), 0f);
        });
        counters.Read(ClickedName, (item, count) =>
        {
            if (snapshot.Items.TryGetRow(item, out int row) && _arms.TryGetValue(row, out ItemArms.Arm arm))
                _arms[row] = arm with { Clicked = Bounded(count) };
        });
        return _arms.Count == 0 ? ItemArms.Empty : new ItemArms(_arms.Values);

        static float Bounded(double count) => (float)Math.Min(count, 1e9);
    }

    private bool MayStay(ItemArms arms, int row) => options.Compete || arms.ShownOf(row) < options.ExposureFloor;

    /// <summary>The pool; the one before where it is the same, so that a large one is not copied each time.</summary>
    private NewItemPool PoolOf(Snapshot snapshot, CatalogueRows rows, Known known, DateTimeOffset now)
    {
        ItemArms arms = snapshot.Arms;
        DateTimeOffset nextIsOld = DateTimeOffset.MaxValue;
        _rows.Clear();
        if (options.FromBundle && IsNew(known.Since))
        {
            for (int row = 0; row < snapshot.Items.BundleRows; row++)
            {
                if (snapshot.BundlePopularity.RateOf(row) == 0 && MayStay(arms, row) && rows.Contains(row))
                    _rows.Add(row);
            }
        }

        for (int row = snapshot.Items.BundleRows; row < rows.RowCount; row++)
        {
            if (rows.Contains(row) && MayStay(arms, row) && IsNew(snapshot.Editor.AddedAt(row) ?? known.Since))
                _rows.Add(row);
        }

        known.NextIsOld = nextIsOld;
        ReadOnlySpan<int> pool = CollectionsMarshal.AsSpan(_rows);
        return pool.SequenceEqual(snapshot.NewItems.Rows) ? snapshot.NewItems : pool.IsEmpty ? NewItemPool.Empty : new NewItemPool(pool);

        bool IsNew(DateTimeOffset since)
        {
            bool isNew = now - since < options.MostAge;
            if (isNew && since + options.MostAge < nextIsOld)
                nextIsOld = since + options.MostAge;
            return isNew;
        }
    }

    /// <summary>What the snapshot was told last.</summary>
    /// <param name="since">When it was seen first.</param>
    private sealed class Known(DateTimeOffset since)
    {
        public DateTimeOffset Since { get; } = since;

        public ulong Moment { get; set; }

        public CountsMark? Shown { get; set; }

        public CountsMark? Clicked { get; set; }

        /// <summary>When the next of the new items is new no more.</summary>
        public DateTimeOffset NextIsOld { get; set; }

        public NewItemReport Report { get; set; } = NewItemReport.Empty;
    }
}
