namespace Inference.Cli.Load;

/// <summary>What one request of a load is.</summary>
internal enum LoadKind
{
    /// <summary>Recommend for a user whom the bundle knows.</summary>
    Warm = 0,

    /// <summary>Recommend for a user never seen, who is told apart by context only.</summary>
    Cold,

    /// <summary>Recommend for nobody in particular, with recent items.</summary>
    Session,

    /// <summary>Recommend for a known user under a filter.</summary>
    Filtered,

    /// <summary>SimilarItems of one item.</summary>
    Similar,

    /// <summary>RecordEvents of a known user.</summary>
    Events,

    /// <summary>One question of a RecommendStream, for a known user.</summary>
    Stream,
}
