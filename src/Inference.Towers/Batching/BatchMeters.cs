using Inference.Recommendations.Ports;
using Inference.Towers.Runtime;

namespace Inference.Towers.Batching;

/// <summary>What one batcher tells the instruments of <see cref="TowerMetrics"/>, under its name.</summary>
internal sealed class BatchMeters(string name)
{
    private readonly KeyValuePair<string, object?> _tower = new("tower", name);

    /// <summary>Writes spans of runs.</summary>
    public RunSpan Span { get; } = new(name);

    public void Waited(WorkPriority priority, TimeSpan time) => TowerMetrics.QueueWait.Record(time.TotalSeconds, _tower, TagOf(priority));

    public void Refused(WorkPriority priority) => TowerMetrics.Rejected.Add(1, _tower, TagOf(priority));

    /// <param name="onArrival">Whether the rows never entered the queue.</param>
    public void Late(WorkPriority priority, int rows, bool onArrival) =>
        TowerMetrics.Late.Add(rows, _tower, TagOf(priority), new KeyValuePair<string, object?>("at", onArrival ? "arrival" : "batch"));

    /// <param name="cells">Rows × length, without padding.</param>
    /// <param name="paddedCells">The same of what was computed.</param>
    public void Ran(TimeSpan time, int rows, int cells, int paddedCells)
    {
        TowerMetrics.RunDuration.Record(time.TotalSeconds, _tower);
        TowerMetrics.BatchRows.Record(rows, _tower);
        TowerMetrics.Cells.Add(paddedCells, _tower);
        TowerMetrics.Padding.Add(paddedCells - cells, _tower);
    }

    internal static KeyValuePair<string, object?> TagOf(WorkPriority priority) => new("priority", priority == WorkPriority.Interactive ? "interactive" : "bulk");
}
