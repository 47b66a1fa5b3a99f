namespace Inference.Cli.Load;

/// <summary>What a load run does. The verb checks the ranges.</summary>
internal sealed record LoadOptions
{
    /// <value>Offered requests per second, 0.1 to 200,000.</value>
    public required double Rate { get; init; }

    /// <value>How the requests arrive.</value>
    public required Arrivals Arrivals { get; init; }

    /// <value>How long it is measured, 0.1 s to 1 h.</value>
    public required TimeSpan Duration { get; init; }

    /// <value>How long requests are sent before that without being counted, 0 to 10 min.</value>
    public required TimeSpan WarmUp { get; init; }

    /// <value>Most requests to measure; the run ends there when that comes before the duration's end.</value>
    public required long MaxRequests { get; init; }

    /// <value>Deadline of each request, 1 ms to 60 s.</value>
    public required TimeSpan Deadline { get; init; }

    /// <value>Requests that may be on their way at once; more are not sent and counted as such, so that a dead server does not fill the memory.</value>
    public required int MaxInFlight { get; init; }

    /// <value>Names the chance in arrivals.</value>
    public required ulong Seed { get; init; }

    /// <value>Answers that take no longer are good, 0.1 ms to 60 s.</value>
    public TimeSpan Goal { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <value>Length of an interval of the series, 0.1 s to 10 min.</value>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);
}
