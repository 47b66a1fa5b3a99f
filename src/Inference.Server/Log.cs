using Inference.Recommendations.Ports;
using Inference.Towers.Bundles;

namespace Inference.Server;

/// <summary>The log messages of the server. None holds the id of a user or an item.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "{Method} failed: {Reason}")]
    public static partial void CallFailed(ILogger logger, string method, string reason, Exception exception);

    [LoggerMessage(2, LogLevel.Information, "Stopping: not ready any more, taking calls for {ReadinessGrace} more, then draining for at most {DrainTime}")]
    public static partial void Stopping(ILogger logger, TimeSpan readinessGrace, TimeSpan drainTime);

    [LoggerMessage(3, LogLevel.Information, "Loading the bundle {Folder}")]
    public static partial void Loading(ILogger logger, string folder);

    [LoggerMessage(4, LogLevel.Information, "Loading: {Stage}, {Done} of {Total}")]
    public static partial void LoadingStep(ILogger logger, BundleLoadStage stage, int done, int total);

    [LoggerMessage(5, LogLevel.Information, "Ready: {Version} with {Items} items after {Seconds:0.00} s")]
    public static partial void Ready(ILogger logger, string version, int items, double seconds);

    [LoggerMessage(6, LogLevel.Information, "Stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(30, LogLevel.Information, "A user was forgotten, receipt {Receipt}")]
    public static partial void UserForgotten(ILogger logger, string receipt);

    [LoggerMessage(31, LogLevel.Warning, "The store could not confirm that a user is forgotten ({Failure}); the caller has to call again")]
    public static partial void ForgettingUnconfirmed(ILogger logger, StoreFailure failure, Exception exception);

    [LoggerMessage(7, LogLevel.Warning, "Users are kept in Redis under keys that can be computed from their ids: set Inference:State:UserKeySecret, the same for all replicas")]
    public static partial void SecretIsPublic(ILogger logger);
}
