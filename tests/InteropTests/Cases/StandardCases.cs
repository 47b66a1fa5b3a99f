using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;
using Xunit;

namespace InteropTests.Cases;

/// <summary>
/// The client's side of gRPC's interoperability cases, with this project's client. Source: grpc/grpc, doc/interop-test-descriptions.md, "Client".
/// </summary>
internal static class StandardCases
{
    private const int LargeRequest = 271828;
    private const int LargeResponse = 314159;

    private static readonly (int Request, int Response)[] s_streamSizes = [(27182, 31415), (8, 9), (1828, 2653), (45904, 58979)];

    /// <summary>All cases, in the order of the table.</summary>
    public static IReadOnlyList<(string Name, Func<CaseClient, Task> RunAsync)> All { get; } =
    [
        ("empty_unary", EmptyUnaryAsync),
        ("large_unary", LargeUnaryAsync),
        ("client_streaming", ClientStreamingAsync),
        ("server_streaming", ServerStreamingAsync),
        ("ping_pong", PingPongAsync),
        ("empty_stream", EmptyStreamAsync),
        ("cancel_after_begin", CancelAfterBeginAsync),
        ("cancel_after_first_response", CancelAfterFirstResponseAsync),
        ("timeout_on_sleeping_server", TimeoutOnSleepingServerAsync),
        ("custom_metadata", CustomMetadataAsync),
        ("status_code_and_message", StatusCodeAndMessageAsync),
        ("special_status_message", SpecialStatusMessageAsync),
        ("unimplemented_method", UnimplementedMethodAsync),
        ("unimplemented_service", UnimplementedServiceAsync),
        ("client_compressed_unary", CompressionCases.ClientCompressedUnaryAsync),
        ("server_compressed_unary", CompressionCases.ServerCompressedUnaryAsync),
        ("client_compressed_streaming", CompressionCases.ClientCompressedStreamingAsync),
        ("server_compressed_streaming", CompressionCases.ServerCompressedStreamingAsync),
    ];

    public static SimpleRequest LargeUnaryRequest() => new() { ResponseSize = LargeResponse, Payload = Zeros(LargeRequest) };

    public static void AssertLarge(SimpleResponse response) => AssertZeros(LargeResponse, response.Payload);

    public static Payload Zeros(int size) => new() { Body = ByteString.CopyFrom(new byte[size]) };

    public static async Task<RpcException> FailsAsync(StatusCode code, Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal(code, failure.StatusCode);
        return failure;
    }

    private static void AssertZeros(int size, Payload payload)
    {
        Assert.Equal(size, payload.Body.Length);
        Assert.False(payload.Body.Span.ContainsAnyExcept((byte)0), "The payload is not all zeros.");
    }

    private static StreamingOutputCallRequest DuplexRequest((int Request, int Response) sizes)
        => new() { Payload = Zeros(sizes.Request), ResponseParameters = { new ResponseParameters { Size = sizes.Response } } };

    private static async Task EmptyUnaryAsync(CaseClient client) => Assert.Equal(new Empty(), await client.Test.EmptyCallAsync(new Empty(), client.Options()));

    private static async Task LargeUnaryAsync(CaseClient client) => AssertLarge(await client.Test.UnaryCallAsync(LargeUnaryRequest(), client.Options()));

    private static async Task ClientStreamingAsync(CaseClient client)
    {
        using var call = client.Test.StreamingInputCall(client.Options());
        foreach (var (size, _) in s_streamSizes)
        {
            await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = Zeros(size) });
        }

        await call.RequestStream.CompleteAsync();
        Assert.Equal(74922, (await call).AggregatedPayloadSize);
    }

    private static async Task ServerStreamingAsync(CaseClient client)
    {
        var request = new StreamingOutputCallRequest { ResponseParameters = { s_streamSizes.Select(size => new ResponseParameters { Size = size.Response }) } };
        using var call = client.Test.StreamingOutputCall(request, client.Options());
        foreach (var (_, size) in s_streamSizes)
        {
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            AssertZeros(size, call.ResponseStream.Current.Payload);
        }

        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
    }

    private static async Task PingPongAsync(CaseClient client)
    {
        using var call = client.Test.FullDuplexCall(client.Options());
        foreach (var sizes in s_streamSizes)
        {
            await call.RequestStream.WriteAsync(DuplexRequest(sizes));
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            AssertZeros(sizes.Response, call.ResponseStream.Current.Payload);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    private static async Task EmptyStreamAsync(CaseClient client)
    {
        using var call = client.Test.FullDuplexCall(client.Options());
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
    }

    private static async Task CancelAfterBeginAsync(CaseClient client)
    {
        using var cancellation = new CancellationTokenSource();
        using var call = client.Test.StreamingInputCall(client.Options().WithCancellationToken(cancellation.Token));
        await cancellation.CancelAsync();
        await FailsAsync(StatusCode.Cancelled, () => call.ResponseAsync);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    private static async Task CancelAfterFirstResponseAsync(CaseClient client)
    {
        using var cancellation = new CancellationTokenSource();
        using var call = client.Test.FullDuplexCall(client.Options().WithCancellationToken(cancellation.Token));
        await call.RequestStream.WriteAsync(DuplexRequest(s_streamSizes[0]));
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        await cancellation.CancelAsync();
        await FailsAsync(StatusCode.Cancelled, () => call.ResponseStream.MoveNext(CancellationToken.None));
    }

    private static async Task TimeoutOnSleepingServerAsync(CaseClient client)
    {
        using var call = client.Test.FullDuplexCall(client.Options(timeout: TimeSpan.FromMilliseconds(1)));
        try
        {
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { Payload = Zeros(s_streamSizes[0].Request) });
        }
        catch (RpcException)
        {
            // The millisecond is over already. What counts is the status of the call.
        }

        await FailsAsync(StatusCode.DeadlineExceeded, () => call.ResponseStream.MoveNext(CancellationToken.None));
    }

    private static async Task CustomMetadataAsync(CaseClient client)
    {
        const string Initial = "x-grpc-test-echo-initial";
        const string Trailing = "x-grpc-test-echo-trailing-bin";
        byte[] trailing = [0xab, 0xab, 0xab];
        var options = client.Options(new Metadata { { Initial, "test_initial_metadata_value" }, { Trailing, trailing } });

        using var unary = client.Test.UnaryCallAsync(LargeUnaryRequest(), options);
        AssertLarge(await unary);
        Assert.Equal("test_initial_metadata_value", (await unary.ResponseHeadersAsync).GetValue(Initial));
        Assert.Equal(trailing, unary.GetTrailers().GetValueBytes(Trailing));

        using var duplex = client.Test.FullDuplexCall(options);
        await duplex.RequestStream.WriteAsync(DuplexRequest((LargeRequest, LargeResponse)));
        await duplex.RequestStream.CompleteAsync();
        Assert.True(await duplex.ResponseStream.MoveNext(CancellationToken.None));
        AssertZeros(LargeResponse, duplex.ResponseStream.Current.Payload);
        Assert.False(await duplex.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal("test_initial_metadata_value", (await duplex.ResponseHeadersAsync).GetValue(Initial));
        Assert.Equal(trailing, duplex.GetTrailers().GetValueBytes(Trailing));
    }

    private static async Task StatusCodeAndMessageAsync(CaseClient client)
    {
        var status = new EchoStatus { Code = (int)StatusCode.Unknown, Message = "test status message" };
        var failure = await FailsAsync(
            StatusCode.Unknown, () => client.Test.UnaryCallAsync(new SimpleRequest { ResponseStatus = status }, client.Options()).ResponseAsync);
        Assert.Equal(status.Message, failure.Status.Detail);

        using var duplex = client.Test.FullDuplexCall(client.Options());
        await duplex.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseStatus = status });
        await duplex.RequestStream.CompleteAsync();
        failure = await FailsAsync(StatusCode.Unknown, () => duplex.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(status.Message, failure.Status.Detail);
    }

    private static async Task SpecialStatusMessageAsync(CaseClient client)
    {
        var status = new EchoStatus { Code = (int)StatusCode.Unknown, Message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP \U0001F608\t\n" };
        var failure = await FailsAsync(
            StatusCode.Unknown, () => client.Test.UnaryCallAsync(new SimpleRequest { ResponseStatus = status }, client.Options()).ResponseAsync);
        Assert.Equal(status.Message, failure.Status.Detail);
    }

    private static Task UnimplementedMethodAsync(CaseClient client)
        => FailsAsync(StatusCode.Unimplemented, () => client.Test.UnimplementedCallAsync(new Empty(), client.Options()).ResponseAsync);

    private static Task UnimplementedServiceAsync(CaseClient client)
        => FailsAsync(StatusCode.Unimplemented, () => client.Absent.UnimplementedCallAsync(new Empty(), client.Options()).ResponseAsync);
}
