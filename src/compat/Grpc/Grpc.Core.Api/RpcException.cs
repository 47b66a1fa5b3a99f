namespace Grpc.Core;

/// <summary>
/// A call that ended with a status other than OK. Thrown by a handler, it sets the status and the trailers of the reply;
/// thrown by a client, it carries those that the server sent.
/// </summary>
public class RpcException : Exception
{
    /// <summary>Makes an exception without trailers, whose message is the status.</summary>
    public RpcException(Status status)
        : this(status, Metadata.Empty, status.ToString())
    {
    }

    /// <summary>Makes an exception without trailers and with a message of its own; the message stays local.</summary>
    public RpcException(Status status, string message)
        : this(status, Metadata.Empty, message)
    {
    }

    /// <summary>Makes an exception with trailers, for example <c>grpc-status-details-bin</c>.</summary>
    public RpcException(Status status, Metadata trailers)
        : this(status, trailers, status.ToString())
    {
    }

    /// <summary>Makes an exception with trailers and a message of its own; the message stays local.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="trailers"/> is null.</exception>
    public RpcException(Status status, Metadata trailers, string message)
        : base(message, status.DebugException)
    {
        ArgumentNullException.ThrowIfNull(trailers);
        Status = status;
        Trailers = trailers;
    }

    /// <summary>How the call ended.</summary>
    public Status Status { get; }

    /// <summary>The code of <see cref="Status"/>.</summary>
    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>Metadata that came, or is to go, with the status.</summary>
    public Metadata Trailers { get; }
}
