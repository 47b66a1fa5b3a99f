using System.Diagnostics.Metrics;

namespace Inference.Recommendations.Exploration;

/// <summary>What can be seen of new items, of the active version.</summary>
public sealed class ExposureMetrics
{
    public ExposureMetrics(IMeterFactory meters, ItemExposure exposure)
    {
        Meter meter = meters.Create(RecommendationMetrics.MeterName);
        meter.CreateObservableGauge("recsys.new_items", () => (long)exposure.Report.Count, "{item}", "Items that slots are kept for because few users have been shown them.");
        meter.CreateObservableGauge("recsys.new_items.unshown", () => (long)exposure.Report.Unshown, "{item}", "New items that nobody has been shown.");
        meter.CreateObservableGauge("recsys.new_items.lacking", () => (long)exposure.Report.Lacking, "{item}", "New items that lack exposure: those that the slots are filled with first.");
        meter.CreateObservableGauge("recsys.new_items.impressions", () => exposure.Report.Shown, "{impression}", "Confirmed impressions of the items that are new, fading with the half-life of popularity.");
        meter.CreateObservableGauge("recsys.new_items.clicks", () => exposure.Report.Clicked, "{click}", "Clicks in slates of the items that are new, fading likewise.");
        meter.CreateObservableGauge("recsys.click_rate", () => exposure.Report.Rate, "1", "Click rate of the average confirmed impression of any item.");
    }
}
