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

    /// <summary>Weights from items of the history to others; in fused models.</summary>
    Neighbours = 8,

    /// <summary>Item factors that the user is folded into; in fused models.</summary>
    Factors = 16,

    /// <summary>Log-ratios of items by context; in fused models.</summary>
    Context = 32,

    /// <summary>Items near to the latest ones of the history, each on its own; of surfaces.</summary>
    RecentItems = 64,

    /// <summary>What is touched more often lately; of surfaces.</summary>
    Trending = 128,

    /// <summary>Items whose content is near to that of the history; of surfaces.</summary>
    Content = 256,

    /// <summary>User embedding against item embeddings in a vector engine outside the process; of surfaces.</summary>
    VectorEngine = 512,

    All = Towers | ClusterProfile | Popularity | Neighbours | Factors | Context | RecentItems | Trending | Content | VectorEngine,
}
