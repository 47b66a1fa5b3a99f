namespace Inference.Recommendations.Queries;

/// <summary>The sources of candidates.</summary>
[Flags]
public enum Retrievers
{
    None = 0,

    /// <summary>User embedding against item embeddings.</summary>
    Towers = 1,

    /// <summary>The mixture of cluster profiles that fits the context.</summary>
    ClusterProfile = 2,

    /// <summary>What most users touch.</summary>
    Popularity = 4,

    All = Towers | ClusterProfile | Popularity,
}
