using System.Collections.Frozen;
using Grpc.Core;
using Grpc.Health.V1;
using Inference.Server.Failures;
using Inference.Server.Hosting;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Inference.Server.Services;

/// <summary>The gRPC health protocol: every service of this server, and "" for the whole, is SERVING exactly while a model answers and the server is not stopping.</summary>
internal sealed class HealthService(Readiness readiness, Drain drain) : Health.HealthBase
{
    private static readonly FrozenSet<string> Known = ServedServices.Names.Append("").ToFrozenSet(StringComparer.Ordinal);

    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) => Known.Contains(request.Service)
        ? Task.FromResult(new HealthCheckResponse { Status = StatusOf(readiness.State) })
        : throw FailureTable.UnknownService.ToException();

    /// <summary>Sends the state at once and at every change. A service that does not exist is SERVICE_UNKNOWN, and stays so. Ends when the server drains.</summary>
    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        bool isKnown = Known.Contains(request.Service);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, drain.Begun);
        ServingStatus? sent = null;
        while (true)
        {
            (ServerState state, Task changed) = readiness.Observe();
            ServingStatus status = isKnown ? StatusOf(state) : ServingStatus.ServiceUnknown;
            if (status != sent)
            {
                await responseStream.WriteAsync(new HealthCheckResponse { Status = status });
                sent = status;
            }

            await changed.WaitAsync(ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            context.CancellationToken.ThrowIfCancellationRequested();
            // The state is looked at once more, so that nobody misses NOT_SERVING when the grace is zero.
            if (drain.Begun.IsCancellationRequested && (!isKnown || sent == StatusOf(readiness.State)))
                throw FailureTable.ServerStopping.ToException();
        }
    }

    private static ServingStatus StatusOf(ServerState state) => state == ServerState.Ready ? ServingStatus.Serving : ServingStatus.NotServing;
}
