namespace Inference.Recommendations.Pipeline;

/// <summary>How the pipeline answers.</summary>
public sealed class PipelineOptions
{
    /// <summary>Items per slate where the request does not say.</summary>
    /// <value>1 to <see cref="MaxLimit"/>; default 10.</value>
    public int DefaultLimit { get; set; } = 10;

    /// <summary>Most items per slate; larger limits are capped to it.</summary>
    /// <value>1 to 10,000; default 1,000.</value>
    public int MaxLimit { get; set; } = 1_000;

    /// <summary>How long a reply waits for the store of user states before it goes on without.</summary>
    /// <value>0.1 ms to 1 s; default 2 ms.</value>
    public TimeSpan UserStateBudget { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>How long a reply waits for the user tower before it falls to the next rung.</summary>
    /// <value>1 ms to 10 s; default 50 ms.</value>
    public TimeSpan TowerBudget { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Time kept back from the caller's deadline for ranking and sending: a rung may use what is left before it.</summary>
    /// <value>0 to 1 s; default 1 ms.</value>
    public TimeSpan DeadlineReserve { get; set; } = TimeSpan.FromMilliseconds(1);
}
