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

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>Updates every few seconds until it is cancelled.</summary>
    /// <param name="log">Is told of an update that failed; the next one comes all the same.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task RunAsync(ILogger log, CancellationToken cancellationToken) => new SteadyUpdates("trends", () => Pause, time, log).RunAsync(Update, cancellationToken);

    /// <summary>Brings the loaded snapshots up to date. Not safe for concurrent use.</summary>
    public void Update()
    {
        IReadOnlyCollection<Snapshot> loaded = snapshots.Loaded;
        if (loaded.Count == 0)
            return;
        IReadOnlyDictionary<string, double> counts = counters.Read(CounterName);
        foreach (Snapshot snapshot in loaded)
        {
            if (counts.Count > 0 || !snapshot.Trends.IsEmpty)
                snapshot.Trends = Of(snapshot, counts);
        }
    }

    private static Trends Of(Snapshot snapshot, IReadOnlyDictionary<string, double> counts)
    {
        int rowCount = snapshot.Items.Rows.RowCount;
        var rows = new List<ScoredRow>(counts.Count);
        foreach ((string item, double count) in counts)
        {
            if (count > Negligible && snapshot.Items.TryGetRow(item, out int row) && row < rowCount)
                rows.Add(new ScoredRow(row, (float)Math.Min(count, 1e9)));
        }

        if (rows.Count == 0)
            return Trends.None;
        rows.Sort(static (a, b) => a.Row.CompareTo(b.Row));
        return new Trends(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(rows), snapshot.Popularity);
    }
}
