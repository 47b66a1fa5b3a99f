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
/// Works in the background and swaps whole, so that a reply pays nothing for it.
/// </summary>
public sealed class ItemExposure(ICounters counters, SnapshotRegistry snapshots, NewItemOptions options, TimeProvider time)
{
    /// <summary>Name of the counts of impressions.</summary>
    public const string ShownName = "shown";

    /// <summary>Name of the counts of clicks.</summary>
    public const string ClickedName = "clicked";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Dictionary<Snapshot, DateTimeOffset> _since = [];
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

    /// <summary>Updates about every second until it is cancelled.</summary>
    /// <param name="log">Is told of an update that failed; the next one comes all the same.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task RunAsync(ILogger log, CancellationToken cancellationToken) => new SteadyUpdates("exposure of items", Pause, time, log).RunAsync(Update, cancellationToken);

    /// <summary>Brings the loaded snapshots up to date. Not safe for concurrent use.</summary>
    public void Update()
    {
        IReadOnlyCollection<Snapshot> loaded = snapshots.Loaded;
        foreach (Snapshot gone in _since.Keys.Except(loaded).ToArray())
            _since.Remove(gone);
        if (loaded.Count == 0)
            return;
        IReadOnlyDictionary<string, double> shown = counters.Read(ShownName), clicked = counters.Read(ClickedName);
        DateTimeOffset now = time.GetUtcNow();
        Snapshot? active = snapshots.Active;
        foreach (Snapshot snapshot in loaded)
        {
            _since.TryAdd(snapshot, now);
            ItemArms arms = ArmsOf(snapshot, shown, clicked);
            NewItemPool pool = PoolOf(snapshot, arms, now);
            (snapshot.Arms, snapshot.NewItems) = (arms, pool);
            if (snapshot == active)
                _report = NewItemReport.Of(snapshot, arms, pool, options.ExposureFloor);
        }
    }

    private bool MayStay(ItemArms arms, int row) => options.Compete || arms.ShownOf(row) < options.ExposureFloor;

    private static ItemArms ArmsOf(Snapshot snapshot, IReadOnlyDictionary<string, double> shown, IReadOnlyDictionary<string, double> clicked)
    {
        if (shown.Count == 0)
            return ItemArms.Empty;
        int rows = snapshot.Items.Rows.RowCount;
        float[] impressions = new float[rows], clicks = new float[rows];
        Fill(shown, impressions);
        Fill(clicked, clicks);
        return new ItemArms(impressions, clicks);

        void Fill(IReadOnlyDictionary<string, double> counts, float[] byRow)
        {
            foreach ((string item, double count) in counts)
            {
                if (snapshot.Items.TryGetRow(item, out int row) && row < byRow.Length)
                    byRow[row] = (float)Math.Clamp(count, 0, 1e9);
            }
        }
    }

    private NewItemPool PoolOf(Snapshot snapshot, ItemArms arms, DateTimeOffset now)
    {
        CatalogueRows rows = snapshot.Items.Rows;
        var pool = new List<int>();
        if (options.FromBundle && now - _since[snapshot] < options.MostAge)
        {
            for (int row = 0; row < snapshot.Items.BundleRows; row++)
            {
                if (snapshot.BundlePopularity.RateOf(row) == 0 && MayStay(arms, row) && rows.Contains(row))
                    pool.Add(row);
            }
        }

        for (int row = snapshot.Items.BundleRows; row < rows.RowCount; row++)
        {
            if (rows.Contains(row) && MayStay(arms, row) && now - (snapshot.Editor.AddedAt(row) ?? _since[snapshot]) < options.MostAge)
                pool.Add(row);
        }

        return pool.Count == 0 ? NewItemPool.Empty : new NewItemPool(pool.ToArray());
    }
}
