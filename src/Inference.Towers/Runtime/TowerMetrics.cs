using System.Diagnostics.Metrics;
using Inference.Towers.Batching;

namespace Inference.Towers.Runtime;

/// <summary>The instruments of this project, on the meter "Inference.Towers".</summary>
internal static class TowerMetrics
{
    public const string MeterName = "Inference.Towers";

    private static readonly Meter Meter = new(MeterName);

    /// <summary>Seconds of one run of a tower, by tower.</summary>
    public static readonly Histogram<double> RunDuration = Meter.CreateHistogram(
        "recsys.tower.run.duration",
        "s",
        "Duration of one run of a tower, encoding included.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 1] });

    /// <summary>Rows of one run, without padding, by tower.</summary>
    public static readonly Histogram<int> BatchRows = Meter.CreateHistogram(
        "recsys.tower.batch.rows",
        "{row}",
        "Rows of one run of a tower, without padding.",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] });

    /// <summary>Seconds that a call waited for its first row's turn, by tower and priority.</summary>
    public static readonly Histogram<double> QueueWait = Meter.CreateHistogram(
        "recsys.tower.queue.wait",
        "s",
        "Time that a call waited for its turn at a tower; 0 where the tower was idle.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [10e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 1] });

    /// <summary>Rows that wait, by tower and priority.</summary>
    public static readonly ObservableUpDownCounter<long> QueueRows =
        Meter.CreateObservableUpDownCounter("recsys.tower.queue.rows", QueueDepths.Measure, "{row}", "Rows that wait for a tower.");

    /// <summary>Rows that could not be encoded in time, by tower, priority and where that was seen.</summary>
    public static readonly Counter<long> Late = Meter.CreateCounter<long>(
        "recsys.tower.late", "{row}", "Rows that were not computed because their answer would have been too late: seen when the call arrived, or when its batch was formed.");

    /// <summary>Cells that were computed, by tower.</summary>
    public static readonly Counter<long> Cells = Meter.CreateCounter<long>(
        "recsys.tower.cells", "{cell}", "Rows times history columns that runs of a tower computed, with padding.");

    /// <summary>Cells that were padding, by tower.</summary>
    public static readonly Counter<long> Padding = Meter.CreateCounter<long>(
        "recsys.tower.padding", "{cell}", "Of the cells that runs of a tower computed, those that were padding.");

    /// <summary>Calls that found the queue full, by tower and priority.</summary>
    public static readonly Counter<long> Rejected = Meter.CreateCounter<long>("recsys.tower.rejected", "{call}", "Calls that a tower turned away because its queue was full.");

    /// <summary>Runs that failed, by tower.</summary>
    public static readonly Counter<long> Failures = Meter.CreateCounter<long>("recsys.tower.failures", "{run}", "Runs of a tower that failed.");

    /// <summary>Providers that were given up for the next one while a bundle was loaded, by tower ("user", "item", or "index") and provider.</summary>
    private static readonly Counter<long> Fallbacks = Meter.CreateCounter<long>(
        "recsys.tower.provider.fallbacks", "{fallback}", "Execution providers that were wanted and left out, because they could not be used and a fallback is allowed.");

    /// <summary>Counts one.</summary>
    /// <param name="part">As in <see cref="ProviderUse.Part"/>.</param>
    /// <param name="provider">The one that was given up.</param>
    public static void FellBack(string part, string provider) =>
        Fallbacks.Add(1, new KeyValuePair<string, object?>("tower", part.Replace("_tower", "", StringComparison.Ordinal)), new KeyValuePair<string, object?>("provider", provider));
}
