using Google.Protobuf.Collections;
using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;
using Inference.Server.Failures;
using Recsys.V1;

namespace Inference.Server.Requests;

/// <summary>Checks requests that change or read the catalogue, as <see cref="RequestRules"/> does the others.</summary>
internal static class CatalogueRules
{
    public static Failure? Check(UpsertItemsRequest request, Snapshot snapshot)
    {
        var violations = new Violations();
        violations.CheckCount("items", request.Items.Count, RequestLimits.ChangedItems);
        FeatureSchema schema = snapshot.ItemTower?.Features ?? FeatureSchema.Empty;
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < Math.Min(request.Items.Count, RequestLimits.ChangedItems); i++)
        {
            Item item = request.Items[i];
            CheckId(ref violations, $"items[{i}].item_id", item.ItemId);
            if (!ids.TryAdd(item.ItemId, i) && item.ItemId.Length > 0)
                violations.Add($"items[{i}].item_id", $"is that of items[{ids[item.ItemId]}] too.");
            violations.CheckLength($"items[{i}].title", item.Title, RequestLimits.TitleBytes);
            CheckFeatures(ref violations, $"items[{i}].features", item.Features, schema);
            CheckFeatures(ref violations, $"items[{i}].attributes", item.Attributes, FeatureSchema.Empty);
        }

        return violations.ToFailure();
    }

    public static Failure? Check(DeleteItemsRequest request)
    {
        var violations = new Violations();
        violations.CheckIds("item_ids", request.ItemIds, RequestLimits.ChangedItems, RequestLimits.IdBytes);
        for (int i = 0; i < Math.Min(request.ItemIds.Count, RequestLimits.ChangedItems); i++)
        {
            if (request.ItemIds[i].Length == 0)
                violations.Add($"item_ids[{i}]", "is empty.");
        }

        return violations.ToFailure();
    }

    public static Failure? Check(GetItemRequest request)
    {
        var violations = new Violations();
        CheckId(ref violations, "item_id", request.ItemId);
        return violations.ToFailure();
    }

    private static void CheckId(ref Violations violations, string field, string id)
    {
        if (id.Length == 0)
            violations.Add(field, "is empty.");
        violations.CheckLength(field, id, RequestLimits.IdBytes);
    }

    private static void CheckFeatures(ref Violations violations, string field, MapField<string, Recsys.V1.FeatureValue> features, FeatureSchema schema)
    {
        violations.CheckCount(field, features.Count, RequestLimits.FeaturesOfItem);
        foreach (string name in features.Keys)
            violations.CheckLength($"{field}[{RequestRules.Name(name)}]", name, RequestLimits.NameBytes);
        RequestRules.CheckFeatures(ref violations, field, features, schema);
    }
}
