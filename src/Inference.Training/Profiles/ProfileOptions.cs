using Inference.Training.Clustering;

namespace Inference.Training.Profiles;

/// <summary>How cluster profiles are made of training users.</summary>
public sealed record ProfileOptions
{
    /// <value>How users are clustered.</value>
    public KMeansOptions Clustering { get; init; } = new();

    /// <value>Latest items of a history that the user tower is given. At least 1; default 50.</value>
    public int LatestItems { get; init; } = 50;

    /// <value>Items that a profile lists. At least 1; default 500.</value>
    public int ListedItems { get; init; } = 500;

    /// <value>How many users' worth of evidence the overall rate has in a cluster's rate, and the prior in a context value's. Above 0; default 20.</value>
    public double Smoothing { get; init; } = 20;

    /// <value>Context values with fewer users say nothing. At least 1; default 20.</value>
    public int MinimumContextUsers { get; init; } = 20;
}
