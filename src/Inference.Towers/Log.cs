using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Inference.Towers;

/// <summary>Everything that this project logs, and its activity source.</summary>
internal static partial class Log
{
    /// <summary>Spans of one request.</summary>
    public static readonly ActivitySource Activities = new("Inference.Towers");

    [LoggerMessage(1, LogLevel.Warning, "The {Part} cannot run on {Provider}; it is served without, as Inference:Towers:ProviderFallback allows: {Reason}")]
    public static partial void ProviderSkipped(this ILogger logger, string part, string provider, string reason);

    [LoggerMessage(2, LogLevel.Information, "The {Part} runs on {Providers}")]
    public static partial void PartOpened(this ILogger logger, string part, string providers);

    [LoggerMessage(3, LogLevel.Warning, "Bundle {Bundle}: {Warning}")]
    public static partial void BundleWarning(this ILogger logger, string bundle, string warning);

    [LoggerMessage(4, LogLevel.Information, "Loaded {Bundle} (space {Space}): {Items} items, {Users} users, {Profiles} profiles, {Golden} golden cases in {Milliseconds:F0} ms; item embeddings {Origin}")]
    public static partial void BundleLoaded(this ILogger logger, string bundle, string space, int items, int users, int profiles, int golden, double milliseconds, string origin);

    [LoggerMessage(5, LogLevel.Warning, "ONNX Runtime: {Category} {Message}")]
    public static partial void RuntimeWarning(this ILogger logger, string category, string message);

    [LoggerMessage(6, LogLevel.Error, "ONNX Runtime: {Category} {Message}")]
    public static partial void RuntimeError(this ILogger logger, string category, string message);

    [LoggerMessage(7, LogLevel.Information, "Index of {Bundle}: {Kind}, {Origin}, {Rows} rows, {Bytes} bytes, width {Width}, measured recall {Recall:F4}, {Microseconds:F0} us a search")]
    public static partial void IndexServed(this ILogger logger, string bundle, Vectors.IndexKind kind, string origin, int rows, long bytes, int width, double recall, double microseconds);

    [LoggerMessage(8, LogLevel.Error, "The changes of the catalogue of {Name}/{Version} could not be merged into its index; searches find them, and later changes try again")]
    public static partial void IndexMergeFailed(this ILogger logger, string name, string version, Exception exception);

    [LoggerMessage(9, LogLevel.Error, "The matrix of items on the device could not be made anew; changed items are scored by the index, and later changes try again")]
    public static partial void DeviceRebuildFailed(this ILogger logger, Exception exception);

    [LoggerMessage(10, LogLevel.Information, "Items are searched on {Providers}: {Rows} rows, {Bytes} bytes; the index in memory stands by")]
    public static partial void DeviceSearchServed(this ILogger logger, string providers, int rows, long bytes);

    [LoggerMessage(20, LogLevel.Warning, "The {Part} in the cache folder cannot be used and is made again: {Reason}")]
    public static partial void CacheUnreadable(this ILogger logger, string part, string reason);

    [LoggerMessage(21, LogLevel.Warning, "The {Part} cannot be kept for the next start (Inference:Loading:CacheFolder): {Reason}")]
    public static partial void CacheUnwritable(this ILogger logger, string part, string reason);

    [LoggerMessage(22, LogLevel.Debug, "Kept the {Part}, {Bytes} bytes, as {Path}")]
    public static partial void CacheKept(this ILogger logger, string part, long bytes, string path);

    [LoggerMessage(23, LogLevel.Debug, "Milliseconds of {Bundle}: {Stages}")]
    public static partial void BundleStages(this ILogger logger, string bundle, string stages);
}
