namespace Inference.Recommendations.Queries;

/// <summary>Names of the retrievers, as replies and requests write them.</summary>
public static class Sources
{
    public const string Towers = "towers";
    public const string ClusterProfile = "cluster_profile";
    public const string Popularity = "popularity";

    /// <summary>Items that go with those of the history; of fused models.</summary>
    public const string Neighbours = "neighbours";

    /// <summary>Item factors that the user is folded into; of fused models.</summary>
    public const string Factors = "factors";

    /// <summary>What users in the same context touch; of fused models.</summary>
    public const string Context = "context";

    /// <summary>Items near to the latest ones of the history; of surfaces.</summary>
    public const string RecentItems = "recent_items";

    /// <summary>What is touched more often lately; of surfaces.</summary>
    public const string Trending = "trending";

    /// <summary>Items whose content is near to that of the history; of surfaces.</summary>
    public const string Content = "content";

    /// <summary>User embedding against item embeddings in a vector engine outside the process; of surfaces.</summary>
    public const string VectorEngine = "vector_engine";

    /// <summary>No retriever: a pinned item that none of them found.</summary>
    public const string Pins = "pins";

    /// <summary>All names, for messages.</summary>
    public const string AllNames = $"{Towers}, {ClusterProfile}, {Popularity}, {Neighbours}, {Factors}, {Context}, {RecentItems}, {Trending}, {Content}, {VectorEngine}";

    /// <summary>The retriever of this name; <see cref="Retrievers.None"/> for an unknown one.</summary>
    public static Retrievers Parse(string name) => name switch
    {
        Towers => Retrievers.Towers,
        ClusterProfile => Retrievers.ClusterProfile,
        Popularity => Retrievers.Popularity,
        Neighbours => Retrievers.Neighbours,
        Factors => Retrievers.Factors,
        Context => Retrievers.Context,
        RecentItems => Retrievers.RecentItems,
        Trending => Retrievers.Trending,
        Content => Retrievers.Content,
        VectorEngine => Retrievers.VectorEngine,
        _ => Retrievers.None,
    };
}
