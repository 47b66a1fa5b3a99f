using Inference.Vectors;

namespace Inference.Recommendations.Retrieval;

/// <summary>Names of kinds of indexes in metrics, spans and replies.</summary>
public static class IndexKinds
{
    /// <summary>The name of a kind.</summary>
    public static string NameOf(IndexKind kind) => kind switch
    {
        IndexKind.Flat => "flat",
        IndexKind.Exact => "exact",
        IndexKind.Fast => "fast",
        _ => "compact",
    };
}
