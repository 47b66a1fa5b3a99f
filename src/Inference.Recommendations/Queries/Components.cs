namespace Inference.Recommendations.Queries;

/// <summary>Names of the parts that a <see cref="Degradation"/> can name. A closed set, so that metrics stay bounded.</summary>
public static class Components
{
    public const string UserState = "user_state";
    public const string UserTower = "user_tower";
    public const string ClusterProfile = "cluster_profile";
    public const string Candidates = "candidates";
    public const string Context = "context";
    public const string RecentItemIds = "recent_item_ids";
    public const string AllowedItemIds = "allowed_item_ids";
    public const string ItemIds = "item_ids";
    public const string Index = "index";
    public const string Guards = "guards";
    public const string Filter = "filter";
    public const string Ranker = "ranker";
    public const string Slate = "slate";
    public const string PageToken = "page_token";
    public const string Admission = "admission";

    // Sources of fused models, as Sources names them.
    public const string Neighbours = "neighbours";
    public const string Factors = "factors";
    public const string Popularity = "popularity";

    // Retrievers of surfaces, as Sources names them; and those that a bundle does not have.
    public const string RecentItems = "recent_items";
    public const string Trending = "trending";
    public const string Content = "content";
    public const string VectorEngine = "vector_engine";
    public const string Learned = "learned";
    public const string Retrievers = "retrievers";
}
