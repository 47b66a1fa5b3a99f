namespace Inference.Training.Fused;

/// <summary>How many clusters training users may be put into.</summary>
internal static class ClusterChoice
{
    /// <summary>Fewer users make no clusters.</summary>
    public const int FewestUsers = 100;

    private const int FewestPerCluster = 25;

    /// <summary>The numbers of clusters that are tried: with fewer than 25 users each, rates are chance.</summary>
    public static IEnumerable<int> Counts(int users) => ((int[])[8, 16, 32, 64, 128]).Where(count => count == 8 || users / count >= FewestPerCluster);
}
