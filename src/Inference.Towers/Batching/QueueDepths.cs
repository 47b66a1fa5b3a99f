using System.Diagnostics.Metrics;
using Inference.Recommendations.Ports;

namespace Inference.Towers.Batching;

/// <summary>
/// How many rows wait, over all batchers that are alive: two snapshots may be there at once, with towers of the same name, and then their rows are summed. A batcher that is disposed of is not asked any more.
/// </summary>
internal static class QueueDepths
{
    private static readonly Lock Gate = new();
    private static readonly List<IQueueDepth> Queues = [];

    public static void Add(IQueueDepth queue)
    {
        lock (Gate)
            Queues.Add(queue);
    }

    public static void Remove(IQueueDepth queue)
    {
        lock (Gate)
            Queues.Remove(queue);
    }

    /// <summary>One measurement for each name and priority.</summary>
    public static IEnumerable<Measurement<long>> Measure()
    {
        IQueueDepth[] queues;
        lock (Gate)
            queues = [.. Queues];
        foreach (IGrouping<string, IQueueDepth> alike in queues.GroupBy(queue => queue.Name))
        {
            foreach (WorkPriority priority in Enum.GetValues<WorkPriority>())
                yield return new Measurement<long>(alike.Sum(queue => queue.RowsWaiting(priority)), new("tower", alike.Key), BatchMeters.TagOf(priority));
        }
    }
}

/// <summary>A queue whose depth is shown.</summary>
internal interface IQueueDepth
{
    string Name { get; }

    long RowsWaiting(WorkPriority priority);
}
