using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Inference.Recommendations;

/// <summary>The log messages and the activity source of this project.</summary>
internal static partial class Log
{
    /// <summary>Spans of one request.</summary>
    public static readonly ActivitySource Activities = new("Inference.Recommendations");

    [LoggerMessage(100, LogLevel.Warning, "The store of user states failed; what this process holds is used")]
    public static partial void UserStateFailed(ILogger logger, Exception exception);

    [LoggerMessage(102, LogLevel.Warning, "The cache of user embeddings failed; the user tower runs")]
    public static partial void EmbeddingCacheFailed(ILogger logger, Exception exception);

    [LoggerMessage(101, LogLevel.Warning, "The user tower of {Version} failed; the ladder falls to the next rung")]
    public static partial void UserTowerFailed(ILogger logger, string version, Exception exception);

    [LoggerMessage(109, LogLevel.Warning, "The ranking model of {Version} failed; the candidates stay in the order in which they were found")]
    public static partial void RankerFailed(ILogger logger, string version, Exception exception);

    [LoggerMessage(103, LogLevel.Warning, "The search on the device of {Version} failed; its index in memory answers")]
    public static partial void DeviceSearchFailed(ILogger logger, string version, Exception exception);

    [LoggerMessage(104, LogLevel.Warning, "The source {Source} of {Version} failed; the other sources answer")]
    public static partial void FusionSourceFailed(ILogger logger, string source, string version, Exception? exception);

    [LoggerMessage(106, LogLevel.Warning, "The retriever {Retriever} of {Version} failed; the other retrievers answer")]
    public static partial void RetrieverFailed(ILogger logger, string retriever, string version, Exception? exception);

    [LoggerMessage(105, LogLevel.Warning, "What contexts said earlier could not be read; the prior of the clusters counts")]
    public static partial void ContextMemoryFailed(ILogger logger, Exception exception);

    [LoggerMessage(110, LogLevel.Warning, "The changed items could not be read within {Seconds} s; {Version} answers without those that are not known, and catches up")]
    public static partial void CatalogueBehind(ILogger logger, string version, double seconds);

    [LoggerMessage(111, LogLevel.Error, "{Count} changed items could not be taken into {Version}; it serves them as they were before")]
    public static partial void ItemsNotEncoded(ILogger logger, string version, int count);

    [LoggerMessage(120, LogLevel.Warning, "The shadow version {Version} could not answer; nobody has noticed")]
    public static partial void ShadowFailed(ILogger logger, string version, Exception exception);

    [LoggerMessage(112, LogLevel.Warning, "The item tower of {Version} could not encode changed items")]
    public static partial void ItemTowerFailed(ILogger logger, string version, Exception exception);

    [LoggerMessage(113, LogLevel.Error, "The {Name} could not be brought up to date; the next update comes in a moment")]
    public static partial void UpdateFailed(ILogger logger, string name, Exception exception);

    [LoggerMessage(114, LogLevel.Warning, "The requests that warm {Version} up failed after {Count}; it serves, and its first answers may be slow")]
    public static partial void FirstRequestFailed(ILogger logger, string version, int count, Exception exception);

    [LoggerMessage(130, LogLevel.Warning, "The recall of the index of {Version} is too low: {Detail}")]
    public static partial void RecallLow(ILogger logger, string version, string detail);

    [LoggerMessage(131, LogLevel.Warning, "The recall of the index of {Version} is as it should be again: {Estimate}")]
    public static partial void RecallRestored(ILogger logger, string version, string estimate);

    [LoggerMessage(132, LogLevel.Warning, "A search of the index of {Version} could not be checked; the next one will be")]
    public static partial void RecallCheckFailed(ILogger logger, string version, Exception exception);
}
