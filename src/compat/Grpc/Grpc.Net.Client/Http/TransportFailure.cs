using System.Net.Sockets;
using Grpc.Core;

namespace Grpc.Net.Client.Http;

/// <summary>The status that a failure of the transport, or of the client itself, stands for (gRPC over HTTP/2, "Errors").</summary>
internal static class TransportFailure
{
    /// <summary>
    /// The status: as thrown, where the failure is one already; by the HTTP/2 error code, where the server reset the stream or the connection;
    /// UNAVAILABLE where the connection failed; INTERNAL for anything else. The exception is kept for debugging.
    /// </summary>
    public static Status ToStatus(Exception exception, bool cancellationMeansConnectTimeout)
    {
        var unreachable = false;
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case RpcException failure:
                    return failure.Status;
                case HttpProtocolException protocol:
                    return new Status(OfHttp2(protocol.ErrorCode), Describe(exception), exception);
                case OperationCanceledException canceled when cancellationMeansConnectTimeout && canceled.InnerException is TimeoutException:
                    return new Status(StatusCode.Unavailable, Describe(exception), exception);
                case OperationCanceledException:
                    return new Status(StatusCode.Cancelled, Describe(exception), exception);
                case SocketException or IOException:
                    unreachable = true;
                    break;
            }
        }

        return new Status(unreachable ? StatusCode.Unavailable : StatusCode.Internal, Describe(exception), exception);
    }

    /// <summary>Whether no connection could be made, so that the server has seen nothing of the call.</summary>
    public static bool IsConnectFailure(Exception exception)
        => exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError }
            or OperationCanceledException { InnerException: TimeoutException };

    private static StatusCode OfHttp2(long errorCode) => errorCode switch
    {
        0x7 => StatusCode.Unavailable, // REFUSED_STREAM
        0x8 => StatusCode.Cancelled, // CANCEL
        0xb => StatusCode.ResourceExhausted, // ENHANCE_YOUR_CALM
        0xc => StatusCode.PermissionDenied, // INADEQUATE_SECURITY
        _ => StatusCode.Internal,
    };

    private static string Describe(Exception exception)
    {
        var text = $"The call failed. {exception.GetType().Name}: {exception.Message}";
        for (var cause = exception.InnerException; cause is not null; cause = cause.InnerException)
        {
            text = $"{text} {cause.GetType().Name}: {cause.Message}";
        }

        return text;
    }
}
