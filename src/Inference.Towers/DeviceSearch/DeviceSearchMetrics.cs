using System.Diagnostics.Metrics;
using Inference.Towers.Runtime;

namespace Inference.Towers.DeviceSearch;

/// <summary>The instruments of searches on a device, on the meter of the towers.</summary>
internal static class DeviceSearchMetrics
{
    private static readonly Meter Meter = new(TowerMetrics.MeterName);

    private static readonly Counter<long> Searches = Meter.CreateCounter<long>(
        "recsys.index.device.searches", "{search}", "Searches that came to a device, by outcome; all but \"found\" are answered by the index in memory.");

    private static readonly Counter<long> Rebuilds = Meter.CreateCounter<long>("recsys.index.device.rebuilds", "{rebuild}", "Times that the matrix on a device was made anew because items had changed, by outcome.");

    /// <summary>A search ended.</summary>
    /// <param name="outcome">"found", "unsuited", "uncertain", "late", "refused" or "failed".</param>
    public static void Searched(string outcome) => Searches.Add(1, new KeyValuePair<string, object?>("recsys.outcome", outcome));

    /// <summary>A rebuild ended.</summary>
    /// <param name="outcome">"ok" or "failed".</param>
    public static void Rebuilt(string outcome) => Rebuilds.Add(1, new KeyValuePair<string, object?>("recsys.outcome", outcome));
}
