using Google.Protobuf.Collections;
using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;
using Wire = Recsys.V1;

namespace Inference.Server.Requests;

/// <summary>Items of the contract as content of the catalogue, and back. Empty lists say nothing and are left out, as in a bundle.</summary>
internal static class ItemMapping
{
    /// <summary>Items that passed <see cref="CatalogueRules"/>.</summary>
    public static KeyValuePair<string, ItemContent>[] ToContents(RepeatedField<Wire.Item> items) =>
        [.. items.Select(item => KeyValuePair.Create(item.ItemId, new ItemContent(item.Title.Length > 0 ? item.Title : null, ToFeatures(item.Features), ToFeatures(item.Attributes))))];

    public static Wire.Item ToWire(string itemId, ItemContent content)
    {
        var item = new Wire.Item { ItemId = itemId, Title = content.Title ?? "" };
        AddFeatures(item.Features, content.Features);
        AddFeatures(item.Attributes, content.Attributes);
        return item;
    }

    private static IReadOnlyDictionary<string, FeatureValue> ToFeatures(MapField<string, Wire.FeatureValue> wire)
    {
        if (wire.Count == 0)
            return FeatureSet.None;
        var features = new Dictionary<string, FeatureValue>(wire.Count, StringComparer.Ordinal);
        foreach (KeyValuePair<string, Wire.FeatureValue> feature in wire)
        {
            if (!IsEmptyList(feature.Value))
                features.Add(feature.Key, FeatureMapping.ToDomain(feature.Value));
        }

        return features;
    }

    private static bool IsEmptyList(Wire.FeatureValue value) => value.KindCase switch
    {
        Wire.FeatureValue.KindOneofCase.StringList => value.StringList.Values.Count == 0,
        Wire.FeatureValue.KindOneofCase.IntList => value.IntList.Values.Count == 0,
        Wire.FeatureValue.KindOneofCase.FloatList => value.FloatList.Values.Count == 0,
        _ => false,
    };

    private static void AddFeatures(MapField<string, Wire.FeatureValue> wire, IReadOnlyDictionary<string, FeatureValue> features)
    {
        foreach ((string name, FeatureValue value) in features)
            wire.Add(name, FeatureMapping.ToWire(value));
    }
}
