using System.Text.Json;
using System.Text.Json.Serialization;
using Inference.Recommendations.Features;

namespace Inference.Towers.Bundles;

/// <summary>One user that the bundle knows: a line of users.jsonl.gz. A server without a store of its own begins with these.</summary>
public sealed record BundleUser
{
    /// <summary>Id by which callers know the user; not empty, unique in the bundle.</summary>
    public required string Id { get; init; }

    /// <summary>Stored features.</summary>
    public IReadOnlyDictionary<string, FeatureValue>? Features { get; init; }

    /// <summary>Ids of the items that the user touched, latest last.</summary>
    public IReadOnlyList<string>? History { get; init; }

    /// <summary>Fields that the format does not know; a check reports each.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }
}
