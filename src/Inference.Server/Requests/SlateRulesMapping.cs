using Inference.Recommendations.Surfaces;
using Recsys.V1;

namespace Inference.Server.Requests;

/// <summary>The rules of a slate: those of the surface, with what the request says of the same instead. Lists replace lists; an empty list says nothing.</summary>
internal static class SlateRulesMapping
{
    private static readonly SlateOptions Nothing = new();

    public static SlateRules Merge(SlateRules surface, RecommendOptions? options)
    {
        if (options is null or { Diversity: null, Slate: null })
            return surface;
        SlateOptions slate = options.Slate ?? Nothing;
        return surface with
        {
            Diversity = options.Diversity?.Strength ?? surface.Diversity,
            Caps = slate.Caps.Count > 0 ? [.. slate.Caps.Select(cap => new Inference.Recommendations.Surfaces.AttributeCap(cap.Attribute, cap.Most))] : surface.Caps,
            Pins = slate.Pins.Count > 0 ? [.. slate.Pins.Select(pin => new Pin(pin.ItemId, pin.Rank))] : surface.Pins,
            Boosts = slate.Boosts.Count > 0 ? [.. slate.Boosts.Select(ToBoost)] : surface.Boosts,
            Calibration = slate.Calibration is { } calibration ? new Calibration(calibration.Strength, calibration.HasPopularShare ? calibration.PopularShare : null) : surface.Calibration,
        };
    }

    private static Inference.Recommendations.Surfaces.Boost ToBoost(Recsys.V1.Boost boost) => new(boost.Name.Length > 0 ? boost.Name : boost.Filter, boost.Filter, boost.Amount);
}
