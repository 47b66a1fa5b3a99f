using Inference.Recommendations.Ports;
using Microsoft.Extensions.Logging;

namespace Inference.Recommendations.Snapshots;

/// <summary>Tells the loaded snapshots what is touched more often lately. Works in the background and swaps whole, so that a reply pays nothing for it.</summary>
public sealed class LiveTrends(ICounters counters, SnapshotRegistry snapshots, TimeProvider time)
{
    /// <summary>Name of the counts; they fade faster than those of popularity.</summary>
    public const string CounterName = "trending";

    /// <summary>Counts below this have faded.</summary>
    private const double Negligible = 0.01;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5), PauseForItem = TimeSpan.FromMicroseconds(20);

    private readonly Dictionary<Snapshot, (CountsMark Counts, ulong Moment)> _applied = [];
    private int _counted;

    /// <summary>Updates every few seconds until it is cancelled.</summary>
    /// <param name="log">Is told of an update that failed; the next one comes all the same.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task RunAsync(ILogger log, CancellationToken cancellationToken) => new SteadyUpdates("trends", () => Pause + (_counted * PauseForItem), time, log).RunAsync(Update, cancellationToken);

    /// <summary>Brings the loaded snapshots up to date. Not safe for concurrent use.</summary>
    public void Update()
    {
        IReadOnlyCollection<Snapshot> loaded = snapshots.Loaded;
        foreach (Snapshot gone in _applied.Keys.Except(loaded).ToArray())
            _applied.Remove(gone);
        if (loaded.Count == 0)
            return;
        CountsMark mark = counters.MarkOf(CounterName);
        _counted = mark.Members;
        foreach (Snapshot snapshot in loaded)
        {
            ulong moment = snapshot.Items.Rows.Moment;
            if (_applied.TryGetValue(snapshot, out (CountsMark Counts, ulong Moment) applied) ? !mark.MovedSince(applied.Counts) && moment == applied.Moment : mark.Members == 0)
                continue;
            snapshot.Trends = Of(snapshot, mark.Members);
            _applied[snapshot] = (mark, moment);
        }
    }

    private Trends Of(Snapshot snapshot, int counted)
    {
        int rowCount = snapshot.Items.Rows.RowCount;
        var rows = new List<ScoredRow>(counted);
        counters.Read(CounterName, (item, count) =>
        {
            if (count > Negligible && snapshot.Items.TryGetRow(item, out int row) && row < rowCount)
                rows.Add(new ScoredRow(row, (float)Math.Min(count, 1e9)));
        });
        if (rows.Count == 0)
            return Trends.None;
        rows.Sort(static (a, b) => a.Row.CompareTo(b.Row));
        return new Trends(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(rows), snapshot.Popularity);
    }
}
