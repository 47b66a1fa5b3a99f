using System.Diagnostics;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Inference.Server.Entry;
using Inference.Server.Failures;
using Inference.Server.Requests;
using Inference.Server.Telemetry;
using Microsoft.Net.Http.Headers;

namespace Inference.Server.Json;

/// <summary>
/// One method over HTTP, counted and timed as a call of gRPC is:
/// <list type="number">
/// <item>what is refused unread: pages, other methods than POST, other types than JSON, a server that stops, and who is not let in (<see cref="CallEntry"/>)</item>
/// <item>the call: deadline and cancellation</item>
/// <item>the method, behind the same boundary as gRPC's (<see cref="FailureInterceptor"/>)</item>
/// <item>a failure becomes a problem document</item>
/// </list>
/// </summary>
internal abstract class JsonEndpoint(JsonRoute route, JsonParts parts)
{
    private readonly CallTags _tags = new($"{route.Method.Service.FullName}/{route.Method.Name}", "http_json");
    private readonly string _method = $"/{route.Method.Service.FullName}/{route.Method.Name}";
    private readonly MethodRule _rule = MethodRules.Of(route.Method);
    private readonly FieldDescriptor? _requestId = route.Method.InputType.FindFieldByName("request_id");

    /// <summary>What all endpoints share.</summary>
    protected JsonParts Parts { get; } = parts;

    /// <summary>Answers one request.</summary>
    public async Task ServeAsync(HttpContext http)
    {
        long start = Parts.Time.GetTimestamp();
        Parts.Metrics.CallStarted();
        using Activity? span = Parts.Spans.Start(http, _tags);
        StatusCode status = StatusCode.Unknown;
        try
        {
            status = await AnswerAsync(http);
        }
        finally
        {
            Parts.Metrics.CallEnded(_tags, status, Parts.Time.GetElapsedTime(start));
            CallSpans.Finish(span, status);
        }
    }

    /// <summary>Reads the request, calls the method and writes what it answers; whatever it throws becomes a problem.</summary>
    protected abstract Task AnswerAsync(HttpContext http, JsonCall call);

    /// <summary>Tells a failure in a response that has begun; false where that can be told to nobody.</summary>
    protected virtual ValueTask EndAsync(HttpContext http, Failure failure, string requestId) => ValueTask.CompletedTask;

    /// <summary>Gives the call the request's own id; one that breaks the rules is not repeated to whoever sent it.</summary>
    protected void Identify(JsonCall call, IMessage request)
    {
        if (_requestId?.Accessor.GetValue(request) is string { Length: > 0 and <= RequestLimits.RequestIdBytes } id && Encoding.UTF8.GetByteCount(id) <= RequestLimits.RequestIdBytes)
            call.RequestId = id;
    }

    private async Task<StatusCode> AnswerAsync(HttpContext http)
    {
        string requestId = Parts.RequestIds.Next();
        // :: Step 1
        Failure? failure = Refuse(http);
        TimeSpan? timeout = failure is null ? JsonCall.TimeoutOf(http, out failure) : null;
        using Entrance entrance = failure is null ? await Parts.Entry.EnterAsync(http, _rule) : default;
        failure ??= entrance.Refusal;
        if (failure is not null)
        {
            await Problem.AnswerAsync(http, failure, requestId);
            return failure.Code;
        }

        // :: Step 2
        using var call = new JsonCall(http, _method, timeout, Parts.Time) { RequestId = requestId };
        try
        {
            // :: Step 3
            Task answering = AnswerAsync(http, call);
            entrance.LeaveThread();
            await answering;
            return StatusCode.OK;
        }
        catch (Exception e)
        {
            // :: Step 4
            failure = Explain(e, call);
        }

        try
        {
            if (http.Response.HasStarted)
                await EndAsync(http, failure, call.RequestId);
            else
                await Problem.AnswerAsync(http, failure, call.RequestId);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // Who does not listen is told nothing.
        }

        return failure.Code;
    }

    private Failure? Refuse(HttpContext http)
    {
        HttpRequest request = http.Request;
        if (!HttpMethods.IsPost(request.Method))
        {
            http.Response.Headers.Allow = HttpMethods.Post;
            return HttpFailures.MethodNotAllowed;
        }

        if (RequestBody.IsOfAPage(request))
            return HttpFailures.WebPage;
        if (RequestBody.CheckType(request, route.IsLines) is { } refused)
        {
            http.Response.Headers["Accept-Post"] = route.IsLines ? "application/x-ndjson, application/json" : "application/json";
            return refused;
        }

        if (!Parts.Drain.Begun.IsCancellationRequested)
            return null;
        http.Response.Headers[HeaderNames.Connection] = "close";
        return FailureTable.ServerStopping;
    }

    private Failure Explain(Exception exception, JsonCall call) => exception switch
    {
        FailureException told => told.Failure,
        RpcException told => new Failure(told.StatusCode, StatusNames.Of(told.StatusCode), told.Status.Detail),
        _ => Parts.Failures.Explain(exception, call),
    };
}
