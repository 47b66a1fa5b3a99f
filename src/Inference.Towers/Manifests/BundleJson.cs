using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Inference.Recommendations.Features;
using Inference.Towers.Bundles;
using Inference.Towers.Fusion;

namespace Inference.Towers.Manifests;

/// <summary>Source-generated JSON of the bundle: snake_case, comments and trailing commas allowed, for people edit these files.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    MaxDepth = 32,
    Converters = [typeof(FeatureValueConverter)],
    WriteIndented = false)]
[JsonSerializable(typeof(BundleManifest))]
[JsonSerializable(typeof(InputManifest))]
[JsonSerializable(typeof(BundleItem))]
[JsonSerializable(typeof(BundleUser))]
[JsonSerializable(typeof(GoldenFile))]
[JsonSerializable(typeof(IReadOnlyList<RankerCase>))]
[JsonSerializable(typeof(ProfilesFile))]
[JsonSerializable(typeof(FusionFile))]
internal sealed partial class BundleJson : JsonSerializerContext;

/// <summary>The same JSON with titles as they are, for files with one object per line.</summary>
internal static class BundleLines
{
    public static BundleJson Json { get; } = new(new JsonSerializerOptions(BundleJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
