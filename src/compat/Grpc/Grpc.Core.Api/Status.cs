namespace Grpc.Core;

/// <summary>A status code with words for people. Only the code and the detail travel; the exception stays on this side.</summary>
public struct Status
{
    /// <summary>OK without detail.</summary>
    public static readonly Status DefaultSuccess = new(StatusCode.OK, "");

    /// <summary>CANCELLED without detail.</summary>
    public static readonly Status DefaultCancelled = new(StatusCode.Cancelled, "");

    /// <summary>Makes a status without a local exception.</summary>
    public Status(StatusCode statusCode, string detail)
        : this(statusCode, detail, null)
    {
    }

    /// <summary>Makes a status that keeps the exception which caused it, for local logs.</summary>
    public Status(StatusCode statusCode, string detail, Exception? debugException)
    {
        StatusCode = statusCode;
        Detail = detail;
        DebugException = debugException;
    }

    /// <summary>What travels in <c>grpc-status</c>.</summary>
    public StatusCode StatusCode { get; }

    /// <summary>What travels, percent-encoded, in <c>grpc-message</c>.</summary>
    public string Detail { get; }

    /// <summary>The local cause, never sent.</summary>
    public Exception? DebugException { get; }

    /// <inheritdoc/>
    public override string ToString()
    {
        var cause = DebugException is null ? "" : $", DebugException=\"{DebugException.GetType()}: {DebugException.Message}\"";
        return $"Status(StatusCode=\"{StatusCode}\", Detail=\"{Detail}\"{cause})";
    }
}
