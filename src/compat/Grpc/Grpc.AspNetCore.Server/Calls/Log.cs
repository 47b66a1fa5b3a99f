using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>What the server logs. What a caller can cause at will is Debug, so that no caller can fill the log.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "Error when executing service method '{Method}'.")]
    public static partial void HandlerThrew(ILogger logger, string method, Exception exception);

    [LoggerMessage(2, LogLevel.Debug, "Service method '{Method}' canceled.")]
    public static partial void Canceled(ILogger logger, string method, Exception exception);

    [LoggerMessage(3, LogLevel.Debug, "Service method '{Method}' ended with {StatusCode}: {Detail}")]
    public static partial void EndedWith(ILogger logger, string method, StatusCode statusCode, string detail, Exception? exception);

    [LoggerMessage(4, LogLevel.Debug, "The deadline of a call to '{Method}' after {Timeout} has passed.")]
    public static partial void DeadlinePassed(ILogger logger, string method, TimeSpan timeout);

    [LoggerMessage(5, LogLevel.Error, "Error when ending a call to '{Method}' whose deadline has passed.")]
    public static partial void DeadlineFailed(ILogger logger, string method, Exception exception);

    [LoggerMessage(6, LogLevel.Debug, "The grpc-timeout '{Timeout}' of a call is not valid and is ignored.")]
    public static partial void InvalidTimeout(ILogger logger, string timeout);

    [LoggerMessage(7, LogLevel.Error, "The trailers of a call to '{Method}' cannot be sent.")]
    public static partial void InvalidTrailers(ILogger logger, string method, Exception exception);
}
