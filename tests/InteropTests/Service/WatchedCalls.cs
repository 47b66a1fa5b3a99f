using System.Collections.Concurrent;
using InteropTests.Wire;
using Microsoft.AspNetCore.Http;

namespace InteropTests.Service;

/// <summary>The compressed flags of calls that ask for it by the header x-interop-case; other calls run as they are.</summary>
internal sealed class WatchedCalls
{
    public const string CaseHeader = "x-interop-case";

    private readonly ConcurrentQueue<(string Case, CompressedFlags Responses)> _calls = new();

    /// <summary>Flags of the responses of each call of a case, in the order in which the calls began.</summary>
    public IEnumerable<bool[]> ResponsesOf(string name) => _calls.Where(call => call.Case == name).Select(call => call.Responses.Seen);

    /// <summary>ASP.NET Core middleware: puts itself between the call and its bodies.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Headers[CaseHeader] is not [{ } name])
        {
            await next(context);
            return;
        }

        var call = new WatchedCall(new CompressedFlags(), new CompressedFlags());
        context.Items[typeof(WatchedCall)] = call;
        _calls.Enqueue((name, call.Responses));
        context.Request.Body = new WatchedStream(context.Request.Body, call.Requests);
        context.Response.Body = new WatchedStream(context.Response.Body, call.Responses);
        await next(context);

        // What a handler leaves unflushed the server sends by itself, but only of the body that was there first.
        if (context.Response.BodyWriter.UnflushedBytes > 0)
        {
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
    }
}

/// <summary>What is seen of one call.</summary>
internal sealed record WatchedCall(CompressedFlags Requests, CompressedFlags Responses)
{
    public static WatchedCall? Of(HttpContext context) => context.Items[typeof(WatchedCall)] as WatchedCall;
}
