using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;

namespace InteropTests.Service;

/// <summary>
/// gRPC's interoperability test service. Source: grpc/grpc, doc/interop-test-descriptions.md, "Server". UnimplementedCall is left as the generated base
/// has it.
/// </summary>
internal sealed class InteropTestService : TestService.TestServiceBase
{
    private const string EchoInitial = "x-grpc-test-echo-initial";
    private const string EchoTrailing = "x-grpc-test-echo-trailing-bin";

    // The official packages, and so the stand-ins, pick the compression of one call's responses by this response header, which they do not send.
    private static readonly Metadata.Entry s_compress = new("grpc-internal-encoding-request", "gzip");

    public override async Task<Empty> EmptyCall(Empty request, ServerCallContext context)
    {
        await EchoMetadataAsync(context, compress: false);
        return new Empty();
    }

    public override async Task<SimpleResponse> UnaryCall(SimpleRequest request, ServerCallContext context)
    {
        CheckCompression(request.ExpectCompressed, 0, context);
        await EchoMetadataAsync(context, request.ResponseCompressed?.Value ?? false);
        EchoStatus(request.ResponseStatus);
        return new SimpleResponse { Payload = Zeros(request.ResponseSize) };
    }

    public override async Task<StreamingInputCallResponse> StreamingInputCall(
        IAsyncStreamReader<StreamingInputCallRequest> requestStream, ServerCallContext context)
    {
        await EchoMetadataAsync(context, compress: false);
        var size = 0;
        for (var index = 0; await requestStream.MoveNext(context.CancellationToken); index++)
        {
            CheckCompression(requestStream.Current.ExpectCompressed, index, context);
            size += requestStream.Current.Payload.Body.Length;
        }

        return new StreamingInputCallResponse { AggregatedPayloadSize = size };
    }

    public override async Task StreamingOutputCall(
        StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context)
    {
        await EchoMetadataAsync(context, request.ResponseParameters.Any(parameters => parameters.Compressed?.Value ?? false));
        await ReplyAsync(request, responseStream, context);
    }

    public override async Task FullDuplexCall(
        IAsyncStreamReader<StreamingOutputCallRequest> requestStream,
        IServerStreamWriter<StreamingOutputCallResponse> responseStream,
        ServerCallContext context)
    {
        await EchoMetadataAsync(context, compress: false);
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            await ReplyAsync(request, responseStream, context);
        }
    }

    private static async Task ReplyAsync(
        StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context)
    {
        EchoStatus(request.ResponseStatus);
        foreach (var parameters in request.ResponseParameters)
        {
            if (parameters.IntervalUs > 0)
            {
                await Task.Delay(TimeSpan.FromMicroseconds(parameters.IntervalUs), context.CancellationToken);
            }

            responseStream.WriteOptions = parameters.Compressed is { Value: false } ? new WriteOptions(WriteFlags.NoCompress) : null;
            await responseStream.WriteAsync(new StreamingOutputCallResponse { Payload = Zeros(parameters.Size) });
        }
    }

    private static Payload Zeros(int size) => new() { Body = UnsafeByteOperations.UnsafeWrap(new byte[size]) };

    private static void EchoStatus(EchoStatus? status)
    {
        if (status is not null)
        {
            throw new RpcException(new Status((StatusCode)status.Code, status.Message));
        }
    }

    private static async Task EchoMetadataAsync(ServerCallContext context, bool compress)
    {
        var headers = new Metadata();
        foreach (var entry in context.RequestHeaders.GetAll(EchoInitial))
        {
            headers.Add(entry);
        }

        if (compress)
        {
            headers.Add(s_compress);
        }

        if (headers.Count > 0)
        {
            await context.WriteResponseHeadersAsync(headers);
        }

        foreach (var entry in context.RequestHeaders.GetAll(EchoTrailing))
        {
            context.ResponseTrailers.Add(entry);
        }
    }

    // The flag of the very message, which is stricter than looking for a grpc-encoding header.
    private static void CheckCompression(BoolValue? expected, int index, ServerCallContext context)
    {
        if (expected is null)
        {
            return;
        }

        var flags = WatchedCall.Of(context.GetHttpContext())?.Requests.Seen
            ?? throw new RpcException(new Status(StatusCode.FailedPrecondition, $"The call lacks the header {WatchedCalls.CaseHeader}."));
        if (flags[index] != expected.Value)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"Message {index} was {(flags[index] ? "compressed" : "not compressed")}."));
        }
    }
}
