using System.Text.Json;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;

namespace Inference.Towers.Bundles;

/// <summary>Everything that goes into a bundle. Rows of the catalogue, the embeddings, popularity and profiles agree.</summary>
public sealed record BundleContent
{
    /// <summary>Name of the model: 1 to 64 of letters, digits, '.', '_' and '-', beginning with a letter or digit.</summary>
    public required string Name { get; init; }

    /// <summary>Version of the model, in the same alphabet.</summary>
    public required string Version { get; init; }

    public string? Description { get; init; }

    public string? Licence { get; init; }

    public string? Producer { get; init; }

    /// <summary>Derived from the towers' content when null.</summary>
    public string? EmbeddingSpaceId { get; init; }

    public string? ParentSpaceId { get; init; }

    /// <summary>Components per embedding.</summary>
    public required int Dimension { get; init; }

    public required Metric Metric { get; init; }

    public required TowerContent UserTower { get; init; }

    /// <summary>May be null where <see cref="ItemEmbeddings"/> is there.</summary>
    public TowerContent? ItemTower { get; init; }

    /// <summary>Orders candidates; null where none is to.</summary>
    public TowerContent? Ranker { get; init; }

    /// <summary>The catalogue, by row.</summary>
    public required IReadOnlyList<BundleItem> Items { get; init; }

    /// <summary>Items × dimension numbers, row by row; null leaves it to the item tower at load.</summary>
    public ReadOnlyMemory<float>? ItemEmbeddings { get; init; }

    /// <summary>Over the item embeddings, in their order; null leaves it to the loader. Stays the caller's to dispose.</summary>
    public VectorIndex? Index { get; init; }

    /// <summary>Null when there are none; the server then falls from the towers to popularity.</summary>
    public ClusterProfiles? Profiles { get; init; }

    /// <summary>Null leaves it to the loader, which counts the histories of <see cref="Users"/>.</summary>
    public Popularity? Popularity { get; init; }

    /// <summary>Known users.</summary>
    public IReadOnlyList<BundleUser> Users { get; init; } = [];

    /// <summary>Sources of scores and their weights; null: the ladder alone answers. Its clusters, where it has any, are <see cref="Profiles"/>. Stays the caller's to dispose.</summary>
    public FusionModel? Fusion { get; init; }

    /// <summary>Writes what a later training goes on from; null where none is to. Servers do not read it.</summary>
    public Action<Stream>? TrainingState { get; init; }

    /// <summary>What was measured where the bundle was made; any JSON object, or null.</summary>
    public JsonElement? ModelCard { get; init; }

    /// <summary>What the towers answered when they were exported; null when nobody knows.</summary>
    public GoldenFile? Golden { get; init; }
}
