using Grpc.Core;
using Grpc.Testing;
using Xunit;

namespace InteropTests.Cases;

/// <summary>The cases about compression. What was compressed is read off the wire, on our side of it.</summary>
internal static class CompressionCases
{
    public static async Task ClientCompressedUnaryAsync(CaseClient client)
    {
        async Task CallAsync(bool expected, string encoding)
        {
            var request = StandardCases.LargeUnaryRequest();
            request.ExpectCompressed = new BoolValue { Value = expected };
            StandardCases.AssertLarge(await client.Test.UnaryCallAsync(request, client.Watched("client_compressed_unary", encoding)));
        }

        if (client.Server.SeesCompressedRequests)
        {
            await StandardCases.FailsAsync(StatusCode.InvalidArgument, () => CallAsync(true, "identity"));
        }

        await CallAsync(true, "gzip");
        Assert.Equal([true], client.Wire.Requests.Seen);
        await CallAsync(false, "identity");
        Assert.Equal([false], client.Wire.Requests.Seen);
        client.Server.ThrowUnlessItSeesCompressedRequests();
    }

    public static async Task ClientCompressedStreamingAsync(CaseClient client)
    {
        AsyncClientStreamingCall<StreamingInputCallRequest, StreamingInputCallResponse> Call(string encoding)
            => client.Test.StreamingInputCall(client.Watched("client_compressed_streaming", encoding));

        static StreamingInputCallRequest Request(int size, bool expected)
            => new() { Payload = StandardCases.Zeros(size), ExpectCompressed = new BoolValue { Value = expected } };

        if (client.Server.SeesCompressedRequests)
        {
            using var probe = Call("identity");
            await probe.RequestStream.WriteAsync(Request(27182, true));
            await StandardCases.FailsAsync(StatusCode.InvalidArgument, () => probe.ResponseAsync);
        }

        using var call = Call("gzip");
        await call.RequestStream.WriteAsync(Request(27182, true));
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        await call.RequestStream.WriteAsync(Request(45904, false));
        await call.RequestStream.CompleteAsync();
        Assert.Equal(73086, (await call).AggregatedPayloadSize);
        Assert.Equal([true, false], client.Wire.Requests.Seen);
        client.Server.ThrowUnlessItSeesCompressedRequests();
    }

    public static async Task ServerCompressedUnaryAsync(CaseClient client)
    {
        foreach (var compressed in (bool[])[true, false])
        {
            var request = StandardCases.LargeUnaryRequest();
            request.ResponseCompressed = new BoolValue { Value = compressed };
            StandardCases.AssertLarge(await client.Test.UnaryCallAsync(request, client.Options()));
            Assert.Equal([compressed && client.Server.CompressesResponses], client.Wire.Responses.Seen);
        }

        client.Server.ThrowUnlessItCompressesResponses();
    }

    public static async Task ServerCompressedStreamingAsync(CaseClient client)
    {
        (int Size, bool Compressed)[] wanted = [(31415, true), (92653, false)];
        var request = new StreamingOutputCallRequest
        {
            ResponseParameters = { wanted.Select(one => new ResponseParameters { Size = one.Size, Compressed = new BoolValue { Value = one.Compressed } }) },
        };
        using var call = client.Test.StreamingOutputCall(request, client.Options());
        var sizes = new List<int>();
        await foreach (var response in call.ResponseStream.ReadAllAsync())
        {
            sizes.Add(response.Payload.Body.Length);
        }

        Assert.Equal(wanted.Select(one => one.Size), sizes);
        Assert.Equal(wanted.Select(one => one.Compressed && client.Server.CompressesResponses), client.Wire.Responses.Seen);
        client.Server.ThrowUnlessItCompressesResponses();
    }
}
