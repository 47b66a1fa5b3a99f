using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Towers.Loading;
using Inference.Towers.Manifests;

namespace Inference.Towers.Bundles;

/// <summary>A bundle that passed every check.</summary>
public sealed record LoadedBundle
{
    /// <summary>The folder that it came from.</summary>
    public required string Folder { get; init; }

    public required BundleManifest Manifest { get; init; }

    /// <summary>What requests are served from. The holder disposes it once no request uses it.</summary>
    public required Snapshot Snapshot { get; init; }

    /// <summary>The users that the bundle knows, by id.</summary>
    public required StoredUsers Users { get; init; }

    /// <summary>How many golden cases were answered as expected.</summary>
    public required int GoldenCases { get; init; }

    /// <summary>The execution providers that the user tower runs on, in order of preference.</summary>
    public required IReadOnlyList<string> Providers { get; init; }

    /// <summary>For each part that runs on a provider (the towers, and an index on a device): the wanted one, the actual one, and why they differ.</summary>
    public required IReadOnlyList<ProviderUse> ProviderUses { get; init; }

    /// <summary>Where the item embeddings came from.</summary>
    public required PartOrigin EmbeddingsOrigin { get; init; }

    /// <summary>Where the index came from.</summary>
    public required PartOrigin IndexOrigin { get; init; }

    /// <summary>Whether the index is the bundle's own; otherwise it was built, for this load or an earlier one.</summary>
    public bool IndexFromFile => IndexOrigin == PartOrigin.Bundle;

    /// <summary>Ends when what was made for this load is kept for the next one, if it is; never fails. The snapshot may be used, and disposed, before.</summary>
    public required Task Kept { get; init; }

    /// <summary>What is not wrong but worth knowing, for example files without a hash.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>How long each stage took.</summary>
    public required IReadOnlyDictionary<BundleLoadStage, TimeSpan> Timings { get; init; }
}
