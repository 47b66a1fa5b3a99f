using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inference.Towers.Encoders;

/// <summary>Source-generated JSON of the encoders; the same conventions as <see cref="Manifests.BundleJson"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true)]
[JsonSerializable(typeof(HistoryIdsSpec))]
[JsonSerializable(typeof(HistoryMaskSpec))]
[JsonSerializable(typeof(HistoryLengthSpec))]
[JsonSerializable(typeof(ItemIdSpec))]
[JsonSerializable(typeof(VocabularySpec))]
[JsonSerializable(typeof(IntegerSpec))]
[JsonSerializable(typeof(NumberSpec))]
[JsonSerializable(typeof(BucketsSpec))]
[JsonSerializable(typeof(MultiHotSpec))]
[JsonSerializable(typeof(HashedTokensSpec))]
[JsonSerializable(typeof(IntegerListSpec))]
[JsonSerializable(typeof(NumberListSpec))]
[JsonSerializable(typeof(ColumnsSpec))]
[JsonSerializable(typeof(ConstantSpec))]
[JsonSerializable(typeof(CrossSpec))]
[JsonSerializable(typeof(AgeSpec))]
internal sealed partial class EncoderJson : JsonSerializerContext;
