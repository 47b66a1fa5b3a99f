using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inference.Towers.Manifests;

/// <summary>
/// The content of manifest.json, field by field as docs/bundle-format.md describes it. Everything is optional here so that a check can report all that is missing at
/// once instead of stopping at the first.
/// </summary>
public sealed record BundleManifest
{
    /// <summary>The format that this code reads and writes.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Name of the manifest's file.</summary>
    public const string FileName = "manifest.json";

    /// <summary>Version of the bundle format: 1.</summary>
    public int? FormatVersion { get; init; }

    /// <summary>Name of the model: 1 to 64 of letters, digits, '.', '_' and '-', beginning with a letter or digit.</summary>
    public string? Name { get; init; }

    /// <summary>Version of the model, in the same alphabet.</summary>
    public string? Version { get; init; }

    /// <summary>What the model is, for people.</summary>
    public string? Description { get; init; }

    /// <summary>Licence of the model and its data.</summary>
    public string? Licence { get; init; }

    /// <summary>Who or what made the bundle.</summary>
    public string? Producer { get; init; }

    /// <summary>When the bundle was made.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>Identifies the tower pair; vectors of two spaces are never compared. Derived from the towers' content when absent.</summary>
    public string? EmbeddingSpaceId { get; init; }

    /// <summary>The space that this one was trained on from, if any: a student names its teacher's. Not the bundle's own.</summary>
    public string? ParentSpaceId { get; init; }

    /// <summary>Components per embedding.</summary>
    public int? Dimension { get; init; }

    /// <summary>"ip", "cosine" or "l2": how a user and an item embedding give a score.</summary>
    public string? Metric { get; init; }

    /// <summary>The user tower.</summary>
    public TowerManifest? UserTower { get; init; }

    /// <summary>The item tower; may be absent where <see cref="ItemEmbeddings"/> is there.</summary>
    public TowerManifest? ItemTower { get; init; }

    /// <summary>The ranking model, which orders candidates; absent: they are served in the order in which they were found.</summary>
    public TowerManifest? Ranker { get; init; }

    /// <summary>File of the catalogue, one JSON object per line.</summary>
    public string? Items { get; init; }

    /// <summary>File of the item embeddings in the order of the catalogue, NumPy format.</summary>
    public string? ItemEmbeddings { get; init; }

    /// <summary>File of the index over the item embeddings; absent: the server builds one.</summary>
    public string? Index { get; init; }

    /// <summary>File of the cluster profiles.</summary>
    public string? Profiles { get; init; }

    /// <summary>File of the share of training users per item in the order of the catalogue, NumPy format.</summary>
    public string? Popularity { get; init; }

    /// <summary>File of the known users, one JSON object per line, gzip.</summary>
    public string? Users { get; init; }

    /// <summary>File of the golden cases.</summary>
    public string? Golden { get; init; }

    /// <summary>File of the fused model: sources of scores and their weights; absent: the ladder alone answers.</summary>
    public string? Fusion { get; init; }

    /// <summary>File of what a later training goes on from, in the form of the trainer that made the bundle. Servers check its hash and read no more of it.</summary>
    public string? TrainingState { get; init; }

    /// <summary>What was measured where the bundle was made, for people and tools: any object, for example scores by scenario.</summary>
    public JsonElement? ModelCard { get; init; }

    /// <summary>Size and hash by file name.</summary>
    public IReadOnlyDictionary<string, FileManifest>? Files { get; init; }

    /// <summary>Fields that the format does not know; a check reports each.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }
}
