namespace Inference.Towers.Batching;

/// <summary>How much a <see cref="ContinuousBatcher{TWork}"/> does at once and lets wait.</summary>
/// <param name="Slots">How many runs go on at the same time.</param>
/// <param name="MaxQueuedRows">Most rows that wait; bulk work may be half of them.</param>
/// <param name="MaxBulkRun">How long a run of bulk work alone may take, since an interactive call that comes meanwhile waits for it.</param>
/// <param name="RunsOnCallers">Whether an idle batcher runs a call on its caller's thread; not where a run may hang.</param>
internal readonly record struct BatchLimits(int Slots, int MaxQueuedRows, TimeSpan MaxBulkRun, bool RunsOnCallers)
{
    public static BatchLimits Of(TowerOptions options, bool usesDevice) => new(options.ConcurrentRuns, options.MaxQueuedRows, options.MaxBulkRun, !usesDevice);
}
