namespace Inference.Recommendations.Queries;

/// <summary>Names of the retrievers, as replies and requests write them.</summary>
public static class Sources
{
    public const string Towers = "towers";
    public const string ClusterProfile = "cluster_profile";
    public const string Popularity = "popularity";

    /// <summary>All names, for messages.</summary>
    public const string AllNames = $"{Towers}, {ClusterProfile}, {Popularity}";

    /// <summary>The retriever of this name; <see cref="Retrievers.None"/> for an unknown one.</summary>
    public static Retrievers Parse(string name) => name switch
    {
        Towers => Retrievers.Towers,
        ClusterProfile => Retrievers.ClusterProfile,
        Popularity => Retrievers.Popularity,
        _ => Retrievers.None,
    };
}
