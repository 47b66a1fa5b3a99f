namespace Inference.Towers.DeviceSearch;

/// <summary>How a search runs on a device.</summary>
/// <param name="Half">Whether items are float16.</param>
/// <param name="IsProven">Whether the device computes in float32, so that an answer is held against the bound of rounding.</param>
/// <param name="MaxBatch">Most queries of one run.</param>
/// <param name="MaxBulkRun">How long a run of bulk work alone may take.</param>
/// <param name="RebuildAfter">Changed rows that start a rebuild; null for the usual number.</param>
internal readonly record struct DeviceSearchSettings(bool Half, bool IsProven, int MaxBatch, TimeSpan MaxBulkRun, int? RebuildAfter = null);
