using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inference.Towers.Import;

/// <summary>Source-generated JSON of import descriptions; an unknown field is an error.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    RespectNullableAnnotations = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ImportDescription))]
internal sealed partial class ImportJson : JsonSerializerContext;
