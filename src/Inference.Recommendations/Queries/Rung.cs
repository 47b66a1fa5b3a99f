namespace Inference.Recommendations.Queries;

/// <summary>The rungs of the ladder, best first. A request is answered by the first that can; with a fused model all that is known answers together, and the rung is the main evidence.</summary>
public enum Rung
{
    /// <summary>A cached embedding of this user in this embedding space.</summary>
    CachedEmbedding = 1,

    /// <summary>The user tower over stored features and history; with a fused model also its answer to the context of a user without history.</summary>
    UserTower = 2,

    /// <summary>The user tower over the request's recent items; the user is not known. With a fused model also what goes with the history, where the tower did not answer.</summary>
    Session = 3,

    /// <summary>The mixture of cluster profiles that fits the context.</summary>
    ClusterProfile = 4,

    /// <summary>Popularity.</summary>
    Popularity = 5,

    /// <summary>The embeddings of the items in question.</summary>
    ItemEmbedding = 6,
}
