using System.Collections;
using Google.Protobuf.Collections;
using Inference.Recommendations.Features;
using Wire = Recsys.V1;

namespace Inference.Server.Requests;

/// <summary>The features of a message, read as features of the domain one by one when asked for, so that no dictionary is copied.</summary>
internal sealed class WireFeatures(MapField<string, Wire.FeatureValue> features) : IReadOnlyDictionary<string, FeatureValue>
{
    public int Count => features.Count;

    public IEnumerable<string> Keys => features.Keys;

    public IEnumerable<FeatureValue> Values => features.Values.Select(FeatureMapping.ToDomain);

    public FeatureValue this[string key] => FeatureMapping.ToDomain(features[key]);

    /// <summary>The features of a message; the shared empty dictionary when it has none.</summary>
    public static IReadOnlyDictionary<string, FeatureValue> Of(MapField<string, Wire.FeatureValue> features) =>
        features.Count == 0 ? FeatureSet.None : new WireFeatures(features);

    public bool ContainsKey(string key) => features.ContainsKey(key);

    public bool TryGetValue(string key, out FeatureValue value)
    {
        bool found = features.TryGetValue(key, out Wire.FeatureValue? wire);
        value = found ? FeatureMapping.ToDomain(wire!) : default;
        return found;
    }

    public IEnumerator<KeyValuePair<string, FeatureValue>> GetEnumerator()
    {
        foreach (KeyValuePair<string, Wire.FeatureValue> feature in features)
            yield return new(feature.Key, FeatureMapping.ToDomain(feature.Value));
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
