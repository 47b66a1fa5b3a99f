using Inference.Recommendations.Features;
using Inference.Vectors;

namespace Inference.Towers.Manifests;

/// <summary>A manifest in which everything required is there and means something.</summary>
/// <param name="Manifest">The manifest.</param>
/// <param name="Dimension">Components per embedding.</param>
/// <param name="Metric">How embeddings give a score.</param>
/// <param name="User">The user tower.</param>
/// <param name="Item">The item tower; null where the bundle has item embeddings only.</param>
/// <param name="Ranker">The ranking model; null where there is none.</param>
internal sealed record CheckedManifest(BundleManifest Manifest, int Dimension, Metric Metric, TowerFeatures User, TowerFeatures? Item, TowerFeatures? Ranker);

/// <summary>A tower's manifest and the features that its encoders read.</summary>
/// <param name="Manifest">The manifest.</param>
/// <param name="Features">Its own features; of a ranking model those of users.</param>
internal sealed record TowerFeatures(TowerManifest Manifest, FeatureSchema Features)
{
    /// <summary>Features and attributes of items that a ranking model reads; empty for towers.</summary>
    public FeatureSchema ItemFeatures { get; init; } = FeatureSchema.Empty;
}
