using Inference.Recommendations.Filters.Columns;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;
using Inference.Server.Failures;
using Recsys.V1;

namespace Inference.Server.Requests;

/// <summary>Checks what requests say of the make-up of slates.</summary>
internal static class SlateOptionRules
{
    /// <param name="violations">Receives what is wrong.</param>
    /// <param name="options">The options of the request.</param>
    /// <param name="snapshot">The model that answers.</param>
    public static void Check(ref Violations violations, RecommendOptions options, Snapshot snapshot)
    {
        if (options.Diversity is { } diversity)
            CheckShare(ref violations, "options.diversity.strength", diversity.Strength);
        if (options.Slate is not { } slate)
            return;
        CheckCaps(ref violations, slate, snapshot);
        CheckPins(ref violations, slate);
        CheckBoosts(ref violations, slate, snapshot);
        if (slate.Calibration is not { } calibration)
            return;
        CheckShare(ref violations, "options.slate.calibration.strength", calibration.Strength);
        if (calibration.HasPopularShare)
            CheckShare(ref violations, "options.slate.calibration.popular_share", calibration.PopularShare);
    }

    private static void CheckCaps(ref Violations violations, SlateOptions slate, Snapshot snapshot)
    {
        violations.CheckCount("options.slate.caps", slate.Caps.Count, RequestLimits.Caps);
        for (int i = 0; i < Math.Min(slate.Caps.Count, RequestLimits.Caps); i++)
        {
            string field = $"options.slate.caps[{i}]";
            Recsys.V1.AttributeCap cap = slate.Caps[i];
            if (cap.Attribute.Length == 0)
                violations.Add($"{field}.attribute", "is empty; name an attribute of the catalogue.");
            else if (snapshot.Items.Filters.Attributes.KindsOf(cap.Attribute) == AttributeKinds.None)
                violations.Add($"{field}.attribute", $"is '{RequestRules.Name(cap.Attribute)}', which no item of this version has.");
            for (int j = 0; j < i; j++)
            {
                if (slate.Caps[j].Attribute == cap.Attribute)
                    violations.Add($"{field}.attribute", $"is the one of caps[{j}]; an attribute has one cap.");
            }

            if (cap.Most < 1)
                violations.Add($"{field}.most", $"is {cap.Most}; it must be 1 or more.");
        }
    }

    private static void CheckPins(ref Violations violations, SlateOptions slate)
    {
        violations.CheckCount("options.slate.pins", slate.Pins.Count, RequestLimits.Pins);
        for (int i = 0; i < Math.Min(slate.Pins.Count, RequestLimits.Pins); i++)
        {
            PinnedItem pin = slate.Pins[i];
            if (pin.ItemId.Length == 0)
                violations.Add($"options.slate.pins[{i}].item_id", "is empty.");
            violations.CheckLength($"options.slate.pins[{i}].item_id", pin.ItemId, RequestLimits.IdBytes);
            if (pin.Rank < 1)
                violations.Add($"options.slate.pins[{i}].rank", $"is {pin.Rank}; places count from 1.");
            for (int j = 0; j < i; j++)
            {
                if (slate.Pins[j].ItemId == pin.ItemId)
                    violations.Add($"options.slate.pins[{i}].item_id", $"is the one of pins[{j}]; an item has one place.");
                if (slate.Pins[j].Rank == pin.Rank && pin.Rank >= 1)
                    violations.Add($"options.slate.pins[{i}].rank", $"is {pin.Rank}, the one of pins[{j}]; a place has one item.");
            }
        }
    }

    private static void CheckBoosts(ref Violations violations, SlateOptions slate, Snapshot snapshot)
    {
        violations.CheckCount("options.slate.boosts", slate.Boosts.Count, RequestLimits.Boosts);
        for (int i = 0; i < Math.Min(slate.Boosts.Count, RequestLimits.Boosts); i++)
        {
            Recsys.V1.Boost boost = slate.Boosts[i];
            string field = $"options.slate.boosts[{i}]";
            if (boost.Filter.Length == 0)
                violations.Add($"{field}.filter", "is empty; a boost needs a filter.");
            else
                RequestRules.CheckFilter(ref violations, $"{field}.filter", boost.Filter, snapshot);
            if (!(boost.Amount >= -SlateRules.MostBoost && boost.Amount <= SlateRules.MostBoost))
                violations.Add($"{field}.amount", FormattableString.Invariant($"is {boost.Amount}; it must be in [-{SlateRules.MostBoost}, {SlateRules.MostBoost}]."));
            violations.CheckLength($"{field}.name", boost.Name, RequestLimits.BoostNameBytes);
        }
    }

    /// <summary>Written so that NaN is a violation too.</summary>
    private static void CheckShare(ref Violations violations, string field, double share)
    {
        if (!(share >= 0 && share <= 1))
            violations.Add(field, FormattableString.Invariant($"is {share}; it must be in [0, 1]."));
    }
}
