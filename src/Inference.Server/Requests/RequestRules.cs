using Google.Protobuf.Collections;
using Inference.Recommendations.Features;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;
using Inference.Server.Failures;
using Recsys.V1;

namespace Inference.Server.Requests;

/// <summary>Checks requests against the rules that the contract states, all at once. What only makes a reply worse (unknown items, unknown features) is no violation.</summary>
internal static class RequestRules
{
    public static Failure? Check(RecommendRequest request, Snapshot snapshot, SurfaceSet? surfaces = null, PageTurn turn = default)
    {
        var violations = new Violations();
        turn.Check(ref violations);
        CheckSurface(ref violations, request.Surface, surfaces ?? SurfaceSet.Empty);
        violations.CheckLength("user_id", request.UserId, RequestLimits.IdBytes);
        CheckFeatures(ref violations, "context", request.Context, snapshot.Context);
        violations.CheckIds("recent_item_ids", request.RecentItemIds, RequestLimits.RecentItems, RequestLimits.IdBytes);
        CheckSlate(ref violations, request.Limit, request.ExcludedItemIds, request.AllowedItemIds, request.RequestId);
        CheckFilter(ref violations, "filter", request.Filter, snapshot);
        CheckOptions(ref violations, request.Options, snapshot);
        return violations.ToFailure();
    }

    public static Failure? Check(SimilarItemsRequest request, Snapshot snapshot, SurfaceSet? surfaces = null, PageTurn turn = default)
    {
        var violations = new Violations();
        turn.Check(ref violations);
        CheckSurface(ref violations, request.Surface, surfaces ?? SurfaceSet.Empty);
        if (request.ItemIds.Count == 0)
            violations.Add("item_ids", "is empty; at least one item is needed.");
        violations.CheckIds("item_ids", request.ItemIds, RequestLimits.SimilarItems, RequestLimits.IdBytes);
        CheckSlate(ref violations, request.Limit, request.ExcludedItemIds, request.AllowedItemIds, request.RequestId);
        CheckFilter(ref violations, "filter", request.Filter, snapshot);
        CheckOptions(ref violations, request.Options, snapshot);
        return violations.ToFailure();
    }

    public static Failure? Check(EmbedUsersRequest request, Snapshot snapshot)
    {
        var violations = new Violations();
        violations.CheckCount("users", request.Users.Count, RequestLimits.Embedded);
        for (int i = 0; i < Math.Min(request.Users.Count, RequestLimits.Embedded); i++)
        {
            UserInput user = request.Users[i];
            if (IsFine(user, snapshot))
                continue;
            violations.CheckLength($"users[{i}].user_id", user.UserId, RequestLimits.IdBytes);
            CheckFeatures(ref violations, $"users[{i}].context", user.Context, snapshot.Context);
            violations.CheckIds($"users[{i}].recent_item_ids", user.RecentItemIds, RequestLimits.RecentItems, RequestLimits.IdBytes);
        }

        return violations.ToFailure();
    }

    public static Failure? Check(EmbedItemsRequest request, Snapshot snapshot)
    {
        var violations = new Violations();
        violations.CheckCount("items", request.Items.Count, RequestLimits.Embedded);
        FeatureSchema schema = snapshot.ItemTower?.Features ?? FeatureSchema.Empty;
        for (int i = 0; i < Math.Min(request.Items.Count, RequestLimits.Embedded); i++)
        {
            ItemInput item = request.Items[i];
            violations.CheckLength($"items[{i}].item_id", item.ItemId, RequestLimits.IdBytes);
            if (item.ItemId.Length == 0 && item.Features.Count == 0)
                violations.Add($"items[{i}]", "has neither an id nor features.");
            if (item.Features.Count > 0)
                CheckFeatures(ref violations, $"items[{i}].features", item.Features, schema);
        }

        return violations.ToFailure();
    }

    /// <summary>A user without any violation, checked without making field names.</summary>
    private static bool IsFine(UserInput user, Snapshot snapshot)
    {
        var violations = new Violations();
        violations.CheckLength("", user.UserId, RequestLimits.IdBytes);
        CheckFeatures(ref violations, "", user.Context, snapshot.Context);
        violations.CheckIds("", user.RecentItemIds, RequestLimits.RecentItems, RequestLimits.IdBytes);
        return !violations.Any;
    }

    private static void CheckSurface(ref Violations violations, string name, SurfaceSet surfaces)
    {
        if (surfaces.Knows(name))
            return;
        string meant = NearestName.Find(name, surfaces.Names) is { } nearest ? $" Did you mean '{nearest}'?" : "";
        violations.Add("surface", $"is no surface of this server; there are {surfaces}.{meant}");
    }

    private static void CheckSlate(
        ref Violations violations, int limit, RepeatedField<string> excluded, RepeatedField<string> allowed, string requestId)
    {
        if (limit < 0)
            violations.Add("limit", $"is {limit}; it must be 0 (the default) or more.");
        violations.CheckIds("excluded_item_ids", excluded, RequestLimits.ListedItems, RequestLimits.IdBytes);
        violations.CheckIds("allowed_item_ids", allowed, RequestLimits.ListedItems, RequestLimits.IdBytes);
        violations.CheckLength("request_id", requestId, RequestLimits.RequestIdBytes);
    }

    /// <summary>A filter, where there is one, can be read and fits the items.</summary>
    public static void CheckFilter(ref Violations violations, string field, string filter, Snapshot snapshot)
    {
        if (filter.Length > 0 && !snapshot.Items.Filters.TryRead(filter, out _, out FilterError? error))
            violations.Add(field, error.ToString());
    }

    private static void CheckOptions(ref Violations violations, RecommendOptions? options, Snapshot snapshot)
    {
        if (options is null)
            return;
        for (int i = 0; i < options.Retrievers.Count; i++)
        {
            if (Sources.Parse(options.Retrievers[i]) == Retrievers.None)
                violations.Add($"options.retrievers[{i}]", $"is no retriever; there are {Sources.AllNames}.");
        }

        if (options.ExplanationBytes < 0)
            violations.Add("options.explanation_bytes", $"is {options.ExplanationBytes}; it must be 0 (the default) or more.");
        SlateOptionRules.Check(ref violations, options, snapshot);
        if (options.Exploration is { } exploration)
        {
            if (!Enum.IsDefined(exploration.Policy))
                violations.Add("options.exploration.policy", $"is {(int)exploration.Policy}; there are 0 (the server's) to 5.");
            if (exploration.NewItemSlots < 0)
                violations.Add("options.exploration.new_item_slots", $"is {exploration.NewItemSlots}; it must be 0 or more.");
        }
    }

    /// <summary>Each feature has a finite value of a kind that the schema takes; what the schema does not know may be of any.</summary>
    public static void CheckFeatures(ref Violations violations, string field, MapField<string, Recsys.V1.FeatureValue> features, FeatureSchema schema)
    {
        if (features.Count == 0)
            return;
        foreach (KeyValuePair<string, Recsys.V1.FeatureValue> feature in features)
        {
            FeatureKind kind = FeatureMapping.KindOf(feature.Value);
            if (kind == FeatureKind.None)
                violations.Add($"{field}[{Name(feature.Key)}]", "has no value.");
            else if (!FeatureMapping.IsFinite(feature.Value))
                violations.Add($"{field}[{Name(feature.Key)}]", "holds NaN or an infinity; numbers must be finite.");
            else if (schema.Knows(feature.Key) && !schema.Accepts(feature.Key, kind))
                violations.Add($"{field}[{Name(feature.Key)}]", $"is {kind}; the model takes {schema.Describe(feature.Key)}.");
        }
    }

    /// <summary>A feature's name, shortened for messages.</summary>
    public static string Name(string feature) => feature.Length <= 64 ? feature : string.Concat(feature.AsSpan(0, 64), "…");
}
