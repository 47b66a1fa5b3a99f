using Inference.Recommendations.Ports;
using Microsoft.Extensions.Logging;

namespace Inference.Recommendations.Snapshots;

/// <summary>
/// Moves the popularity of the loaded snapshots by what is recorded while they serve. With the bundle's rates p0 of n0 users and live counts c_i that sum to C:
/// <list type="number">
/// <item>C counts are what m = C / Σ p0 users would have touched, for Σ p0 is how many items a user touches</item>
/// <item>p_i = (n0 p0_i + c_i) / (n0 + m), at most 1; so rates keep their sum, and while nothing is recorded they are the bundle's own</item>
/// </list>
/// Works in the background and swaps whole, so that a reply pays nothing for it.
/// </summary>
public sealed class LivePopularity(ICounters counters, SnapshotRegistry snapshots, TimeProvider time)
{
    /// <summary>Name of the counts.</summary>
    public const string CounterName = "popularity";

    /// <summary>For how many users the bundle's rates stand where it does not say, having no profiles.</summary>
    private const int UsersUnlessTold = 1_000;

    /// <summary>Rates and ranks are written anew each time, which costs the collector: ten seconds more for a million items.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2), PauseForRow = TimeSpan.FromMicroseconds(10);

    private readonly Dictionary<Snapshot, CountsMark> _applied = [];
    private readonly Dictionary<int, double> _added = [];

    /// <summary>Updates every few seconds, where there are many items more seldom, until it is cancelled.</summary>
    /// <param name="log">Is told of an update that failed; the next one comes all the same.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task RunAsync(ILogger log, CancellationToken cancellationToken) => new SteadyUpdates("popularity", PauseNow, time, log).RunAsync(() => Update(), cancellationToken);

    /// <summary>Brings the loaded snapshots up to date. Not safe for concurrent use.</summary>
    /// <returns>How many had to be changed.</returns>
    public int Update()
    {
        IReadOnlyCollection<Snapshot> loaded = snapshots.Loaded;
        foreach (Snapshot gone in _applied.Keys.Except(loaded).ToArray())
            _applied.Remove(gone);
        if (loaded.Count == 0)
            return 0;
        CountsMark mark = counters.MarkOf(CounterName);
        int changed = 0;
        foreach (Snapshot snapshot in loaded)
        {
            if (!mark.MovedSince(_applied.TryGetValue(snapshot, out CountsMark applied) ? applied : null))
                continue;
            snapshot.Popularity = Blend(snapshot);
            _applied[snapshot] = mark;
            changed++;
        }

        return changed;
    }

    private TimeSpan PauseNow()
    {
        int rows = 0;
        foreach (Snapshot snapshot in snapshots.Loaded)
            rows += snapshot.Items.Rows.RowCount;
        return Pause + (rows * PauseForRow);
    }

    private Popularity Blend(Snapshot snapshot)
    {
        Popularity bundle = snapshot.BundlePopularity;
        int rowCount = snapshot.Items.Rows.RowCount;
        double counted = 0;
        _added.Clear();
        counters.Read(CounterName, (item, count) =>
        {
            if (!snapshot.Items.TryGetRow(item, out int row) || row >= rowCount)
                return;
            _added[row] = count;
            counted += count;
        });
        if (counted <= 0)
            return bundle;
        double users = snapshot.Profiles?.Users ?? UsersUnlessTold;
        double all = users + (counted / (bundle.Sum > 0 ? bundle.Sum : 1));
        return bundle.With(rowCount, users / all, _added.Select(item => new ScoredRow(item.Key, (float)Math.Clamp(((users * bundle.RateOf(item.Key)) + item.Value) / all, 0, 1))));
    }
}
