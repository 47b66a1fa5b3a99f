using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inference.Towers.Fusion;

/// <summary>The content of fusion.json.</summary>
internal sealed record FusionFile
{
    /// <summary>The sources, in the order in which they are run.</summary>
    public IReadOnlyList<FusionSourceEntry?>? Sources { get; init; }

    /// <summary>What they are multiplied with, by ascending number of known events; absent: ranks are added up.</summary>
    public IReadOnlyList<FusionPointEntry?>? Weights { get; init; }

    /// <summary>How new items are scored; absent: as all others.</summary>
    public FusionNewItemsEntry? NewItems { get; init; }

    /// <summary>How the clusters of profiles.json are weighed, for sources that ask for them.</summary>
    public FusionClustersEntry? Clusters { get; init; }

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }
}

/// <summary>One source. Which fields it may have depends on its kind.</summary>
internal sealed record FusionSourceEntry
{
    public string? Name { get; init; }

    /// <summary>"tower", "tower_context", "neighbours", "user_neighbours", "factors", "clusters", "context" or "popularity".</summary>
    public string? Kind { get; init; }

    /// <summary>Whether scores are divided by their deviation.</summary>
    public bool? Standardised { get; init; }

    /// <summary>neighbours, user_neighbours, context: lists; factors, popularity: a matrix.</summary>
    public string? File { get; init; }

    /// <summary>neighbours, user_neighbours: what each step into the past is multiplied with.</summary>
    public float? Decay { get; init; }

    /// <summary>neighbours, user_neighbours, factors: how many of the latest items count.</summary>
    public int? Latest { get; init; }

    /// <summary>neighbours: "sum" or "largest".</summary>
    public string? Combine { get; init; }

    /// <summary>neighbours: what the weights are, where they come from association rules: "confidence" or "confidence_lift".</summary>
    public string? Rules { get; init; }

    /// <summary>user_neighbours: how many nearest users speak.</summary>
    public int? Neighbours { get; init; }

    /// <summary>user_neighbours.</summary>
    public float? RarityPower { get; init; }

    /// <summary>user_neighbours.</summary>
    public float? LengthPower { get; init; }

    /// <summary>factors.</summary>
    public double? UnseenWeight { get; init; }

    /// <summary>factors.</summary>
    public double? Ridge { get; init; }

    /// <summary>factors.</summary>
    public double? RidgePerEvent { get; init; }

    /// <summary>factors: file of the clusters' mean factors; with it the prior is that of the clusters.</summary>
    public string? Centroids { get; init; }

    /// <summary>clusters, popularity: added to shares before their logarithm.</summary>
    public float? Epsilon { get; init; }

    /// <summary>context: features and their values, one list of the file each.</summary>
    public IReadOnlyList<FusionFieldEntry?>? Fields { get; init; }

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }
}

/// <summary>The values of one context feature.</summary>
internal sealed record FusionFieldEntry
{
    public string? Feature { get; init; }

    public IReadOnlyList<string>? Values { get; init; }

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }
}

/// <summary>Weights at one number of known events.</summary>
internal sealed record FusionPointEntry
{
    public int? Events { get; init; }

    /// <summary>By name; sources that are not named have 0.</summary>
    public IReadOnlyDictionary<string, float>? Sources { get; init; }

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }
}

/// <summary>How items are scored that were new when the sources were made.</summary>
internal sealed record FusionNewItemsEntry
{
    /// <summary>Items from this one on are new; the first item of the file is 0.</summary>
    public int? FirstRow { get; init; }

    /// <summary>Where the average new item stands, in deviations of the fused score.</summary>
    public float? Level { get; init; }

    /// <summary>By name; sources that are not named have 0.</summary>
    public IReadOnlyDictionary<string, float>? Sources { get; init; }

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }
}

/// <summary>How clusters are weighed.</summary>
internal sealed record FusionClustersEntry
{
    /// <summary>Lists, items × clusters: what an event of the item says for the cluster.</summary>
    public string? Clicks { get; init; }

    /// <summary>One number per cluster, added for each event.</summary>
    public float[]? ClickOffsets { get; init; }

    public float? ClickWeight { get; init; }

    public float? ContextWeight { get; init; }

    /// <summary>How much an item says that was shown and passed over.</summary>
    public float? SkipWeight { get; init; }

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }
}
