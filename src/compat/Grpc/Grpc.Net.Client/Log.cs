using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "The path of the address '{Address}' is not used: calls go to their method's own path.")]
    public static partial void AddressPathIgnored(ILogger logger, string address);

    [LoggerMessage(2, LogLevel.Warning, "Call credentials are left out of {Method}: the connection is not encrypted.")]
    public static partial void CredentialsLeftOut(ILogger logger, string method);

    [LoggerMessage(3, LogLevel.Debug, "{Method} ended with {StatusCode}: {Detail}")]
    public static partial void CallFailed(ILogger logger, Exception? exception, string method, StatusCode statusCode, string detail);

    [LoggerMessage(4, LogLevel.Debug, "{Method} waits {Delay} for a connection to {Address}.")]
    public static partial void WaitingForConnection(ILogger logger, Exception exception, string method, TimeSpan delay, Uri address);
}
