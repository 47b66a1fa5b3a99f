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

    [LoggerMessage(5, LogLevel.Information, "Loaded {Version} with {Items} items in {Seconds:0.00} s")]
    public static partial void Loaded(ILogger logger, string version, int items, double seconds);

    [LoggerMessage(8, LogLevel.Information, "{Version} is active, embedding space {Space}")]
    public static partial void Activated(ILogger logger, string version, string space);

    [LoggerMessage(9, LogLevel.Error, "The bundle {Folder} is refused; what is served stays. {Reasons}")]
    public static partial void Refused(ILogger logger, string folder, string reasons);

    [LoggerMessage(10, LogLevel.Error, "The bundle {Folder} could not be loaded; what is served stays")]
    public static partial void LoadFailed(ILogger logger, string folder, Exception exception);

    [LoggerMessage(11, LogLevel.Information, "{Version} is released: its last request has ended")]
    public static partial void Released(ILogger logger, string version);

    [LoggerMessage(12, LogLevel.Information, "{Version} takes {Share:P1} of the requests")]
    public static partial void Split(ILogger logger, string version, double share);

    [LoggerMessage(13, LogLevel.Warning, "The folder of versions {Folder} cannot be looked at; what is served stays")]
    public static partial void WatchFailed(ILogger logger, string folder, Exception exception);

    [LoggerMessage(14, LogLevel.Warning, "The folder of {Version} has changed since it was loaded; what is served stays as it was. Publish changes as a new version")]
    public static partial void ChangedAfterLoad(ILogger logger, string version);

    [LoggerMessage(15, LogLevel.Error, "The file of surfaces {Path} is refused; the surfaces stay as they are. {Reasons}")]
    public static partial void SurfacesRefused(ILogger logger, string path, string reasons);

    [LoggerMessage(16, LogLevel.Information, "The file of surfaces {Path} has changed; there are {Names} now")]
    public static partial void SurfacesTaken(ILogger logger, string path, string names);

    [LoggerMessage(6, LogLevel.Information, "Stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(30, LogLevel.Information, "A user was forgotten, receipt {Receipt}")]
    public static partial void UserForgotten(ILogger logger, string receipt);

    [LoggerMessage(31, LogLevel.Warning, "The store could not confirm that a user is forgotten ({Failure}); the caller has to call again")]
    public static partial void ForgettingUnconfirmed(ILogger logger, StoreFailure failure, Exception exception);

    [LoggerMessage(7, LogLevel.Warning, "Users are kept in Redis under keys that can be computed from their ids: set Inference:State:UserKeySecret, the same for all replicas")]
    public static partial void SecretIsPublic(ILogger logger);

    [LoggerMessage(48, LogLevel.Warning, "The service manager at {Socket} (NOTIFY_SOCKET) could not be told how this server stands")]
    public static partial void ServiceManagerUnreachable(ILogger logger, string socket, Exception exception);

    [LoggerMessage(60, LogLevel.Warning, "Overloaded: calls are refused; {InFlight} are worked on, {Limit} may be, {Waiting} wait")]
    public static partial void Overloaded(ILogger logger, int inFlight, int limit, int waiting);

    [LoggerMessage(61, LogLevel.Information, "No longer overloaded: {Refused} calls were refused in {Time}")]
    public static partial void OverloadEnded(ILogger logger, long refused, TimeSpan time);

    [LoggerMessage(49, LogLevel.Warning, "The calls that warm the server up failed after {Count}; it serves, and its first calls may be slow")]
    public static partial void RehearsalFailed(ILogger logger, int count, Exception exception);

    [LoggerMessage(47, LogLevel.Warning, "Model {Version}: {Warning}")]
    public static partial void FilterWarning(ILogger logger, string version, string warning);
}
