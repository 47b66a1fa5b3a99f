using Inference.Vectors;

namespace Inference.Recommendations.Snapshots;

/// <summary>Which model a snapshot holds.</summary>
/// <param name="Name">Name of the bundle.</param>
/// <param name="Version">Version of the bundle.</param>
/// <param name="EmbeddingSpaceId">Identifies the tower pair; vectors of two spaces are never compared.</param>
/// <param name="Dimension">Components per embedding.</param>
/// <param name="Metric">How a user embedding and an item embedding give a score.</param>
public sealed record ModelIdentity(string Name, string Version, string EmbeddingSpaceId, int Dimension, Metric Metric)
{
    /// <summary>"name/version", as replies carry it.</summary>
    public string FullVersion { get; } = $"{Name}/{Version}";

    /// <summary>The embedding space that this one was trained on from, a student's teacher for example; "" when there is none. Says where a model comes from, not that vectors compare.</summary>
    public string ParentSpaceId { get; init; } = "";
}
