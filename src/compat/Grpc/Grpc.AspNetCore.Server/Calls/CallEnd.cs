using System.Text;
using Grpc.Core;
using Grpc.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>The ways in which a call ends: its handler returned, something threw, its deadline passed.</summary>
internal static class CallEnd
{
    private const int NoError = 0;
    private const int InternalError = 2;
    private const int Cancel = 8;

    private static readonly Status s_deadlineExceeded = new(StatusCode.DeadlineExceeded, "Deadline Exceeded");

    /// <summary>The handler is done and the messages are written: the trailers, unless the deadline came first.</summary>
    public static Task SucceedAsync(ServerCall call)
    {
        if (!call.TryEnd())
        {
            return AwaitDeadlineAsync(call);
        }

        WriteTrailers(call);
        call.CallDeadline?.Release();
        return Task.CompletedTask;
    }

    /// <summary>Reading, handler or writing threw.</summary>
    public static Task FailAsync(ServerCall call, Exception cause)
    {
        if (!call.TryEnd())
        {
            Log.Canceled(call.Settings.Logger, call.Method, cause);
            return AwaitDeadlineAsync(call);
        }

        var isAborted = call.HttpContext.RequestAborted.IsCancellationRequested;
        call.Status = StatusOf(call, cause, isAborted);
        if (cause is BrokenFrameException)
        {
            Reset(call, InternalError);
        }
        else if (!isAborted)
        {
            WriteTrailers(call);
        }

        call.CallDeadline?.Release();
        return Task.CompletedTask;
    }

    /// <summary>
    /// The deadline has passed. The caller is answered now, and the request is taken from a handler that does not heed its token;
    /// the request itself ends only with the handler, because the handler may still use it.
    /// </summary>
    public static async Task ExpireAsync(ServerCall call)
    {
        if (!call.Gate.TryExpire())
        {
            return;
        }

        var deadline = call.CallDeadline!;
        Log.DeadlinePassed(call.Settings.Logger, call.Method, deadline.Timeout);
        try
        {
            if (call.Gate.Close() != CallGate.Write.Idle)
            {
                // A message is half written, or the caller does not read: no trailers can follow soon.
                Reset(call, Cancel);
                deadline.Cancel();
                return;
            }

            StatusHeaders.Write(TrailersOf(call.HttpContext), s_deadlineExceeded);
            var sent = call.HttpContext.Response.CompleteAsync();
            deadline.Cancel();
            await sent;
            Reset(call, NoError);
        }
        catch (Exception failure)
        {
            Log.DeadlineFailed(call.Settings.Logger, call.Method, failure);
            deadline.Cancel();
        }
        finally
        {
            deadline.SetAnswered();
        }
    }

    /// <summary>Gives the stream up with an HTTP/2 error code.</summary>
    public static void Reset(ServerCall call, int errorCode = InternalError)
    {
        if (call.HttpContext.Features.Get<IHttpResetFeature>() is { } reset)
        {
            reset.Reset(errorCode);
        }
        else
        {
            call.HttpContext.Abort();
        }
    }

    private static async Task AwaitDeadlineAsync(ServerCall call)
    {
        await call.CallDeadline!.WhenAnsweredAsync();
        call.CallDeadline.Release();
    }

    private static Status StatusOf(ServerCall call, Exception cause, bool isAborted)
    {
        var logger = call.Settings.Logger;
        switch (cause)
        {
            case RpcException rpc:
                Log.EndedWith(logger, call.Method, rpc.StatusCode, rpc.Status.Detail, rpc.Status.DebugException);
                call.AddTrailers(rpc.Trailers);
                return rpc.Status;
            case BadHttpRequestException bad:
                var code = bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? StatusCode.ResourceExhausted : StatusCode.Internal;
                Log.EndedWith(logger, call.Method, code, cause.Message, cause);
                return new Status(code, bad.Message, cause);
            case OperationCanceledException or IOException when isAborted || call.IsReading:
                Log.Canceled(logger, call.Method, cause);
                return new Status(StatusCode.Cancelled, "", cause);
            default:
                Log.HandlerThrew(logger, call.Method, cause);
                var detail = "Exception was thrown by handler.";
                return new Status(StatusCode.Unknown, call.Settings.TellsErrors ? $"{detail} {Describe(cause)}" : detail, cause);
        }
    }

    private static string Describe(Exception cause)
    {
        var text = new StringBuilder();
        for (var inner = cause; inner is not null; inner = inner.InnerException)
        {
            text.Append(text.Length == 0 ? "" : " ").Append(inner.GetType().Name).Append(": ").Append(inner.Message);
        }

        return text.ToString();
    }

    /// <summary>Writes metadata and status behind the messages; into the headers where there are none, which saves a frame ("Trailers-Only").</summary>
    private static void WriteTrailers(ServerCall call)
    {
        if (call.Gate.Close() == CallGate.Write.Serializing)
        {
            // The handler returned while a thread that it forgot writes a message.
            Reset(call);
            return;
        }

        var http = call.HttpContext;
        var trailers = call.HasWritten || http.Response.HasStarted ? TrailersOf(http) : http.Response.Headers;
        if (call.WrittenTrailers is { } metadata)
        {
            try
            {
                StatusHeaders.Add(trailers, metadata);
            }
            catch (InvalidOperationException invalid)
            {
                Log.InvalidTrailers(call.Settings.Logger, call.Method, invalid);
                StatusHeaders.Write(trailers, new Status(StatusCode.Internal, "The trailers of the call cannot be sent."));
                return;
            }
        }

        StatusHeaders.Write(trailers, call.Status);
    }

    // By the indexer: Get is a generic virtual method, which costs a look-up.
    private static IHeaderDictionary TrailersOf(HttpContext http)
        => ((IHttpResponseTrailersFeature?)http.Features[typeof(IHttpResponseTrailersFeature)])?.Trailers
            ?? throw new InvalidOperationException("The server does not support trailers, without which there is no gRPC.");
}
