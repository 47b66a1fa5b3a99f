using System.Buffers;
using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Core.Wire;
using Grpc.Net.Compression;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>
/// Takes requests out of what has been received of a request body. Messages are parsed where they lie in the pipe, before it moves on.
/// </summary>
internal static class RequestReader
{
    /// <summary>Reads the only request of a call to the end of the body.</summary>
    public static async ValueTask<TRequest> ReadOnlyRequestAsync<TRequest>(ServerCall call, Func<DeserializationContext, TRequest> parse)
        where TRequest : class
    {
        var body = call.HttpContext.Request.BodyReader;
        TRequest? request = null;
        while (true)
        {
            var reading = body.ReadAsync();
            if (!reading.IsCompleted)
            {
                call.CallDeadline?.Arm();
            }

            var read = await reading;
            if (TakeOnly(call, body, read, parse, ref request))
            {
                return request!;
            }
        }
    }

    /// <summary>Takes the only request of a call. The request ends with the body, so that a second message is noticed.</summary>
    /// <returns>True at the end of the body.</returns>
    /// <exception cref="RpcException">INTERNAL: not exactly one message, or a malformed one. Others as of <see cref="TryTake"/>.</exception>
    public static bool TakeOnly<TRequest>(ServerCall call, PipeReader body, in ReadResult read, Func<DeserializationContext, TRequest> parse, ref TRequest? request)
        where TRequest : class
    {
        var rest = read.Buffer;
        try
        {
            request ??= TryTake(call, ref rest, parse);
            if (request is not null && !rest.IsEmpty)
            {
                throw new RpcException(new Status(StatusCode.Internal, "Additional data after the message received."));
            }

            if (read.IsCompleted && request is null)
            {
                throw Incomplete();
            }

            return read.IsCompleted;
        }
        finally
        {
            body.AdvanceTo(rest.Start, rest.End);
        }
    }

    /// <summary>Takes the next request of a stream.</summary>
    /// <param name="call">The call.</param>
    /// <param name="body">Its body.</param>
    /// <param name="read">What has been received.</param>
    /// <param name="parse">The marshaller.</param>
    /// <param name="request">The request, or null at the end of the body.</param>
    /// <returns>False where more must be received first.</returns>
    /// <exception cref="RpcException">INTERNAL: the body ends within a message, or a message is malformed. Others as of <see cref="TryTake"/>.</exception>
    public static bool TakeNext<TRequest>(ServerCall call, PipeReader body, in ReadResult read, Func<DeserializationContext, TRequest> parse, out TRequest? request)
        where TRequest : class
    {
        var rest = read.Buffer;
        var examined = rest.End;
        request = null;
        try
        {
            request = TryTake(call, ref rest, parse);
            if (request is not null)
            {
                // What follows has not been looked at: the next read returns it at once.
                examined = rest.Start;
                return true;
            }

            if (read.IsCompleted && !rest.IsEmpty)
            {
                throw Incomplete();
            }

            return read.IsCompleted;
        }
        finally
        {
            body.AdvanceTo(rest.Start, examined);
        }
    }

    /// <exception cref="RpcException">
    /// RESOURCE_EXHAUSTED: the message is too large. UNIMPLEMENTED: its compression is not known. INTERNAL: it is compressed without a named compression, or cannot be parsed.
    /// </exception>
    private static TRequest? TryTake<TRequest>(ServerCall call, ref ReadOnlySequence<byte> received, Func<DeserializationContext, TRequest> parse)
        where TRequest : class
    {
        if (!MessageFrame.TryRead(ref received, call.Settings.MaxReceiveLength, out var isCompressed, out var payload))
        {
            return null;
        }

        if (!isCompressed)
        {
            return Parse(payload, parse);
        }

        using var message = MessageCompression.Decompress(CompressionOf(call), payload, call.Settings.MaxReceiveLength);
        return Parse(message.WrittenSequence, parse);
    }

    private static TRequest Parse<TRequest>(in ReadOnlySequence<byte> message, Func<DeserializationContext, TRequest> parse)
    {
        try
        {
            return MessagePayload.Parse(message, parse);
        }
        catch (Exception malformed) when (malformed is not RpcException)
        {
            throw new RpcException(new Status(StatusCode.Internal, "The request cannot be parsed.", malformed));
        }
    }

    private static ICompressionProvider CompressionOf(ServerCall call)
    {
        var encoding = call.HttpContext.Request.Headers.GrpcEncoding.ToString();
        if (encoding.Length == 0 || encoding == WireNames.Identity)
        {
            throw new RpcException(new Status(StatusCode.Internal, $"A message is compressed, and grpc-encoding is {(encoding.Length == 0 ? "missing" : "identity")}."));
        }

        if (call.Settings.FindCompression(encoding) is { } known)
        {
            return known;
        }

        if (!call.HttpContext.Response.HasStarted)
        {
            call.HttpContext.Response.Headers.GrpcAcceptEncoding = call.Settings.AcceptEncoding;
        }

        throw new RpcException(new Status(
            StatusCode.Unimplemented, $"The grpc-encoding '{encoding}' is not supported; supported are {call.Settings.AcceptEncoding}."));
    }

    private static RpcException Incomplete() => new(new Status(StatusCode.Internal, "Incomplete message."));
}
