using System.IO.Compression;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;
using static FunctionalTests.Grpc.GrpcExchange;

namespace FunctionalTests.Grpc;

public sealed class CompressionTests : IAsyncLifetime
{
    private static readonly byte[] s_text = new byte[5_000];

    private GrpcHost _host = null!;

    public async Task InitializeAsync() => _host = await GrpcHost.StartAsync(options =>
    {
        options.ResponseCompressionAlgorithm = "gzip";
        options.ResponseCompressionLevel = CompressionLevel.Optimal;
    });

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Request_WithGzip_IsDecompressed()
    {
        var reply = await _host.CallAsync("Unary", Frame(Gzip(Probe(s_text)), compressed: true), ("grpc-encoding", "gzip"));

        Assert.Equal(s_text, reply.Content);
        Assert.Equal([false], reply.Compressed);
    }

    [Fact]
    public async Task Request_WithEncodingButPlainMessage_IsTakenAsItIs()
        => Assert.Equal([1], (await _host.CallAsync("Unary", ProbeFrame(1), ("grpc-encoding", "snappy"))).Content);

    [Fact]
    public async Task Requests_InAStream_MayBeCompressedOrNot()
    {
        byte[] body = [.. ProbeFrame(1), .. Frame(Gzip(Probe(2)), compressed: true), .. ProbeFrame(3), .. Frame(Gzip(Probe(s_text)), compressed: true)];

        var reply = await _host.CallAsync("Collect", body, ("grpc-encoding", "gzip"));

        Assert.Equal([1, 2, 3, .. s_text], reply.Content);
    }

    [Fact]
    public async Task Request_WithUnknownEncoding_FailsWithUnimplementedAndTellsTheKnown()
    {
        var reply = await _host.CallAsync("Unary", Frame([1, 2, 3], compressed: true), ("grpc-encoding", "snappy"));

        Assert.Equal(StatusCode.Unimplemented, reply.Status);
        var known = reply.Headers["grpc-accept-encoding"].SelectMany(value => value.Split(',')).Select(value => value.Trim()).ToArray();
        Assert.Contains("identity", known);
        Assert.Contains("gzip", known);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("identity")]
    public async Task Request_CompressedWithoutEncoding_FailsWithInternal(string? encoding)
    {
        var reply = await _host.CallAsync("Unary", Frame(Gzip(Probe(1)), compressed: true), encoding is null ? [] : [("grpc-encoding", encoding)]);

        Assert.Equal(StatusCode.Internal, reply.Status);
    }

    [Fact]
    public async Task Request_WithBrokenGzip_Fails()
    {
        var broken = Gzip(Probe(s_text));
        broken[20] ^= 0xFF;

        foreach (var payload in new[] { broken, Gzip(Probe(s_text))[..^9], [1, 2, 3] })
        {
            var reply = await _host.CallAsync("Unary", Frame(payload, compressed: true), ("grpc-encoding", "gzip"));
            Assert.NotEqual(StatusCode.OK, reply.Status);
            Assert.Empty(reply.Messages);
        }
    }

    [Fact]
    public async Task Reply_ToCallerThatAcceptsGzip_IsCompressed()
    {
        var reply = await _host.CallAsync("Unary", ProbeFrame(s_text), ("grpc-accept-encoding", "identity, gzip"));

        Assert.Equal("gzip", reply.Headers["grpc-encoding"].Single());
        Assert.Equal([true], reply.Compressed);
        Assert.True(reply.Messages[0].Length < 500);
        Assert.Equal(s_text, Content(Gunzip(reply.Messages[0])));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("identity")]
    [InlineData("gzippy,br")]
    public async Task Reply_ToCallerThatDoesNotAcceptGzip_IsNot(string? accepted)
    {
        var reply = await _host.CallAsync("Unary", ProbeFrame(s_text), accepted is null ? [] : [("grpc-accept-encoding", accepted)]);

        Assert.Empty(reply.Headers["grpc-encoding"]);
        Assert.Equal(s_text, reply.Content);
        Assert.Equal([false], reply.Compressed);
    }

    [Fact]
    public async Task Reply_WithNoCompress_IsSentAsItIs()
    {
        _host.Behavior.Expand = async (_, responses, _) =>
        {
            var message = new BytesValue { Value = ByteString.CopyFrom(s_text) };
            await responses.WriteAsync(message);
            responses.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
            await responses.WriteAsync(message);
            responses.WriteOptions = WriteOptions.Default;
            await responses.WriteAsync(message);
        };

        var reply = await _host.CallAsync("Expand", ProbeFrame(), ("grpc-accept-encoding", "gzip"));

        Assert.Equal([true, false, true], reply.Compressed);
        Assert.Equal(s_text, Content(reply.Messages[1]));
        Assert.Equal(s_text, Content(Gunzip(reply.Messages[2])));
    }

    [Fact]
    public async Task Reply_WithEncodingChosenByTheHandler_IsCompressed()
    {
        await using var host = await GrpcHost.StartAsync();
        host.Behavior.Unary = async (request, context) =>
        {
            await context.WriteResponseHeadersAsync(new Metadata { { "grpc-internal-encoding-request", "gzip" } });
            return request;
        };

        var reply = await host.CallAsync("Unary", ProbeFrame(s_text));

        Assert.Equal("gzip", reply.Headers["grpc-encoding"].Single());
        Assert.Empty(reply.Headers["grpc-internal-encoding-request"]);
        Assert.Equal(s_text, Content(Gunzip(Assert.Single(reply.Messages))));
    }

    [Fact]
    public async Task Start_WithCompressionThatNobodyOffers_ThrowsInvalidOperation()
        => await Assert.ThrowsAsync<InvalidOperationException>(() => GrpcHost.StartAsync(options => options.ResponseCompressionAlgorithm = "snappy"));

    private static byte[] Gzip(byte[] message)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
        {
            gzip.Write(message);
        }

        return compressed.ToArray();
    }

    private static byte[] Gunzip(byte[] compressed)
    {
        using var message = new MemoryStream();
        using var gzip = new GZipStream(new MemoryStream(compressed), CompressionMode.Decompress);
        gzip.CopyTo(message);
        return message.ToArray();
    }
}
