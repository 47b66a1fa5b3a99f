namespace Inference.Training.Clustering;

/// <summary>How users are clustered.</summary>
public sealed record KMeansOptions
{
    /// <value>Clusters to look for, 1 to 4,096. Default 32; fewer where there are too few points.</value>
    public int Clusters { get; init; } = 32;

    /// <value>A cluster with fewer points is dissolved, so that none speaks of a handful of people. At least 1; default 50.</value>
    public int MinimumSize { get; init; } = 50;

    /// <value>Independent starts, of which the best is kept. At least 1; default 3.</value>
    public int Starts { get; init; } = 3;

    /// <value>Most rounds of one start. At least 1; default 50.</value>
    public int MaxIterations { get; init; } = 50;

    /// <value>Centroids are found on a sample of at most this many points. At least 1; default 100,000.</value>
    public int SampleSize { get; init; } = 100_000;

    /// <value>Names the chance that is used. Default 1.</value>
    public ulong Seed { get; init; } = 1;
}
