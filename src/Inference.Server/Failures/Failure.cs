using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Inference.Server.Failures;

/// <summary>Why a request has no answer, in terms that its caller understands. <see cref="FailureTable"/> makes them.</summary>
/// <param name="Code">The gRPC status code.</param>
/// <param name="Reason">Constant for programs, UPPER_SNAKE_CASE.</param>
/// <param name="Message">One sentence for developers; holds nothing of the server's insides.</param>
internal sealed record Failure(StatusCode Code, string Reason, string Message)
{
    /// <summary>Who gives <see cref="Reason"/> its meaning.</summary>
    public const string Domain = "recsys";

    private const string DetailsTrailer = "grpc-status-details-bin";

    /// <summary>Fields that break a rule.</summary>
    public IReadOnlyList<BadRequest.Types.FieldViolation> Violations { get; init; } = [];

    /// <summary>How long to wait before another try; null when another try is of no use.</summary>
    public TimeSpan? RetryDelay { get; init; }

    /// <summary>The failure as google.rpc.Status.</summary>
    public Google.Rpc.Status ToRpcStatus()
    {
        var status = new Google.Rpc.Status { Code = (int)Code, Message = Message };
        status.Details.Add(Any.Pack(new ErrorInfo { Reason = Reason, Domain = Domain }));
        if (Violations.Count > 0)
            status.Details.Add(Any.Pack(new BadRequest { FieldViolations = { Violations } }));
        if (RetryDelay is { } delay)
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        return status;
    }

    /// <summary>The failure as what a gRPC method throws: status, message, and the details in their trailer.</summary>
    public FailureException ToException() =>
        new(this, new Grpc.Core.Status(Code, Message), new Metadata { { DetailsTrailer, ToRpcStatus().ToByteArray() } });
}

/// <summary>A failure on its way out of a gRPC method.</summary>
internal sealed class FailureException(Failure failure, Grpc.Core.Status status, Metadata trailers) : RpcException(status, trailers)
{
    public Failure Failure { get; } = failure;
}
