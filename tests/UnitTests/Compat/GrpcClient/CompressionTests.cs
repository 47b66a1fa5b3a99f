using System.IO.Compression;
using System.Text;
using Grpc.Core;
using Grpc.Net.Compression;
using Xunit;

namespace UnitTests.Compat.GrpcClient;

public sealed class CompressionTests
{
    private const string Long = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    private static readonly CallOptions s_gzip = Asking("gzip");

    [Fact]
    public async Task Receive_OfAGzipMessage_InflatesIt()
    {
        var server = new FakeServer(Reply.Of(Frames.Gzip(Long)) with { Headers = [("grpc-encoding", "gzip")] });

        Assert.Equal(Long, await server.CallAsync());
        Assert.Equal("identity,gzip", server.Header("grpc-accept-encoding"));
    }

    [Fact]
    public async Task Receive_OfAPlainMessageInAGzipResponse_TakesItAsItIs()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain(Long)) with { Headers = [("grpc-encoding", "gzip")] });

        Assert.Equal(Long, await server.CallAsync());
    }

    [Theory]
    [InlineData(null, StatusCode.Internal)]
    [InlineData("identity", StatusCode.Internal)]
    [InlineData("snappy", StatusCode.Unimplemented)]
    public async Task Receive_OfACompressedMessageWithoutAKnownEncoding_Fails(string? encoding, StatusCode expected)
    {
        var server = new FakeServer(Reply.Of(Frames.Gzip(Long)) with { Headers = encoding is null ? [] : [("grpc-encoding", encoding)] });

        Assert.Equal(expected, (await Assert.ThrowsAsync<RpcException>(() => server.CallAsync())).StatusCode);
    }

    [Fact]
    public async Task Receive_OfAMessageThatIsNoGzip_IsInternal()
    {
        var server = new FakeServer(Reply.Of(Frames.Raw(1, [1, 2, 3, 4])) with { Headers = [("grpc-encoding", "gzip")] });

        Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(() => server.CallAsync())).StatusCode);
    }

    [Fact]
    public async Task Send_WithTheEncodingAskedFor_CompressesAndSaysSo()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("")));

        await server.CallAsync(Long, s_gzip);

        Assert.Equal("gzip", server.Header("grpc-encoding"));
        Assert.Equal("", server.Header("grpc-internal-encoding-request"));
        Assert.Equal(1, server.RequestBody[0]);
        Assert.Equal(Long, Encoding.UTF8.GetString(Frames.Decompress(server.RequestBody[5..])));
    }

    [Fact]
    public async Task Send_WithNoCompressBesideTheEncoding_SendsPlain()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("")));

        await server.CallAsync(Long, s_gzip.WithWriteOptions(new WriteOptions(WriteFlags.NoCompress)));

        Assert.Equal("gzip", server.Header("grpc-encoding"));
        Assert.Equal(Frames.Plain(Long), server.RequestBody);
    }

    [Fact]
    public async Task Send_WithAnUnknownEncoding_FailsBeforeItSends()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("")));

        var failure = await Assert.ThrowsAsync<RpcException>(() => server.CallAsync(Long, Asking("snappy")));

        Assert.Equal(StatusCode.Internal, failure.StatusCode);
        Assert.Equal(0, server.Attempts);
    }

    [Fact]
    public async Task Call_WithACompressionOfItsOwn_UsesIt()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("")));

        await server.CallAsync(Long, Asking("br"), options => options.CompressionProviders = [new Brotli()]);

        Assert.Equal("identity,br", server.Header("grpc-accept-encoding"));
        Assert.Equal(1, server.RequestBody[0]);
    }

    private static CallOptions Asking(string encoding) => new(new Metadata { { "grpc-internal-encoding-request", encoding } });

    private sealed class Brotli : ICompressionProvider
    {
        public string EncodingName => "br";

        public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel)
            => new BrotliStream(stream, CompressionMode.Compress, leaveOpen: true);

        public Stream CreateDecompressionStream(Stream stream) => new BrotliStream(stream, CompressionMode.Decompress);
    }
}
