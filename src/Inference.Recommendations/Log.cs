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
}
