using System.Text.Json;
using System.Text.Json.Serialization;
using Inference.Recommendations.Features;

namespace Inference.Storage.Users;

/// <summary>Stored features: a JSON object of values as in a bundle's users.jsonl.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(FeatureValueConverter)])]
[JsonSerializable(typeof(Dictionary<string, FeatureValue>))]
internal sealed partial class FeatureJson : JsonSerializerContext
{
    /// <summary>Reads features; those without a value are left out.</summary>
    /// <returns>The features, null when there is none; and whether the bytes could be read.</returns>
    public static bool TryRead(ReadOnlySpan<byte> json, out IReadOnlyDictionary<string, FeatureValue>? features)
    {
        features = null;
        try
        {
            if (JsonSerializer.Deserialize(json, Default.DictionaryStringFeatureValue) is not { } read)
                return false;
            foreach ((string name, FeatureValue value) in read)
            {
                if (value == default)
                    read.Remove(name);
            }

            features = read.Count == 0 ? null : read;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
