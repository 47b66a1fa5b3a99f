namespace Inference.Training.Evaluation.Sessions;

/// <summary>How sessions are simulated.</summary>
public sealed record SessionOptions
{
    /// <value>Pages that a user looks at, 1 or more. Default 10.</value>
    public int Pages { get; init; } = 10;

    /// <value>Items of a page, 1 or more. Default 10.</value>
    public int PageLength { get; init; } = 10;

    /// <value>A drawn slot takes one of the items from the rank behind the page's others to this rank. Default 200.</value>
    public int DrawnFrom { get; init; } = 200;

    /// <value>How often a policy with chance is played; results are means. Default 3.</value>
    public int Runs { get; init; } = 3;

    /// <value>Names everything that is chance. Default 1.</value>
    public ulong Seed { get; init; } = 1;

    /// <value>Threads at most; null for one per core. Results do not depend on it.</value>
    public int? Threads { get; init; }
}
