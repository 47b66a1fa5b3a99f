using Grpc.Core;
using Grpc.Core.Interceptors;
using Inference.Recommendations.Users;
using Inference.Server.Entry;
using Inference.Server.Failures;
using Inference.Server.Json;

namespace Inference.Server.Security.Audit;

/// <summary>Records the calls that <see cref="AuditTargets"/> names, once they have ended. It stands inside the boundary of failures, around the services with such methods.</summary>
internal sealed class AuditInterceptor(AuditTrail trail, UserKeyRing keys, SecurityMetrics metrics, TimeProvider time) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        AuditTargets.Has(typeof(TRequest)) ? RecordAsync(request, context, continuation) : continuation(request, context);

    /// <summary>A method with its record; the method itself where it has none.</summary>
    public UnaryServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(UnaryServerMethod<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class =>
        AuditTargets.Has(typeof(TRequest)) ? (request, context) => RecordAsync(request, context, method) : method;

    private async Task<TResponse> RecordAsync<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class
    {
        if (AuditTargets.IsRefusable(request) && trail.MustRefuse)
        {
            metrics.Refused("audit_unavailable");
            throw SecurityFailures.AuditUnavailable.ToException();
        }

        long start = time.GetTimestamp();
        Failure? failure = null;
        TResponse? response = null;
        try
        {
            return response = await method(request, context);
        }
        catch (Exception e)
        {
            failure = e is RpcException and not FailureException
                ? new Failure(((RpcException)e).StatusCode, "", "")
                : FailureTable.Of(e, context.CancellationToken.IsCancellationRequested, time.GetUtcNow().UtcDateTime >= context.Deadline);
            throw;
        }
        finally
        {
            HttpContext http = context is JsonCall json ? json.Http : context.GetHttpContext();
            trail.Write(new AuditRecord(
                time.GetUtcNow(), trail.NextId(), context.Method[1..], Caller.Of(http), context.Peer, StatusNames.Of(failure?.Code ?? StatusCode.OK), failure?.Reason ?? "",
                AuditTargets.Of(request, response, keys), time.GetElapsedTime(start))
            {
                IsDurable = AuditTargets.IsDurable(request),
            });
        }
    }
}
