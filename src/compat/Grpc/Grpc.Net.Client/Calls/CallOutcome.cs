using Grpc.Core;

namespace Grpc.Net.Client.Calls;

/// <summary>How a call ended.</summary>
/// <param name="Status">Its status: the server's, or what happened here.</param>
/// <param name="Trailers">What the server sent with its status; null where no status came from the server.</param>
/// <param name="IsCancellation">Whether the caller cancelled or disposed of the call, or its deadline passed here.</param>
internal sealed record CallOutcome(Status Status, Metadata? Trailers = null, bool IsCancellation = false)
{
    public static CallOutcome Cancelled { get; } = new(new Status(StatusCode.Cancelled, "Call canceled by the client."), IsCancellation: true);

    public static CallOutcome Disposed { get; } = new(new Status(StatusCode.Cancelled, "gRPC call disposed."), IsCancellation: true);

    public static CallOutcome DeadlineExceeded { get; } = new(new Status(StatusCode.DeadlineExceeded, ""), IsCancellation: true);

    public bool IsOk => Status.StatusCode == StatusCode.OK;
}
