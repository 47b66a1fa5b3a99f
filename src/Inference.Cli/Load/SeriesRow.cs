namespace Inference.Cli.Load;

/// <summary>What became of the requests that were due within one interval.</summary>
/// <param name="Second">When the interval began, in seconds since the measurement began.</param>
/// <param name="Offered">Requests that were due in it.</param>
/// <param name="Answered">Answers to them.</param>
/// <param name="Good">Answers within the goal.</param>
/// <param name="Failed">Requests of it without an answer.</param>
/// <param name="P50">Median latency in nanoseconds; 0 where nothing was answered.</param>
/// <param name="P99">99th percentile.</param>
/// <param name="P999">99.9th percentile.</param>
/// <param name="Max">The longest.</param>
internal readonly record struct SeriesRow(double Second, long Offered, long Answered, long Good, long Failed, long P50, long P99, long P999, long Max);
