using System.Buffers;
using System.IO.Compression;
using Grpc.Core;
using Grpc.Core.Wire;
using Grpc.Net.Compression;
using Xunit;

namespace UnitTests.Compat.Grpc;

public sealed class MessageCompressionTests
{
    private static readonly GzipCompressionProvider s_gzip = new(CompressionLevel.Fastest);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_024)]
    [InlineData(300_000)]
    public void Decompress_OfCompressed_ReturnsIt(int length)
    {
        var message = new byte[length];
        new Random(length).NextBytes(message);
        using var compressed = MessageCompression.Compress(s_gzip, Pieces.Of(message, 1_000), null);

        using var decompressed = MessageCompression.Decompress(s_gzip, Pieces.Of(compressed.Written.ToArray(), 333), length);

        Assert.Equal(message, decompressed.Written.ToArray());
    }

    [Fact]
    public void Decompress_OfMoreThanTheLimit_StopsEarly()
    {
        using var bomb = MessageCompression.Compress(s_gzip, new ReadOnlySequence<byte>(new byte[50_000_000]), CompressionLevel.SmallestSize);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var refused = Assert.Throws<RpcException>(() => MessageCompression.Decompress(s_gzip, bomb.WrittenSequence, 10_000));

        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void Decompress_OfExactlyTheLimit_Succeeds()
    {
        using var compressed = MessageCompression.Compress(s_gzip, new ReadOnlySequence<byte>(new byte[5_000]), null);

        using var fits = MessageCompression.Decompress(s_gzip, compressed.WrittenSequence, 5_000);

        Assert.Equal(5_000, fits.Count);
        Assert.Throws<RpcException>(() => MessageCompression.Decompress(s_gzip, compressed.WrittenSequence, 4_999));
    }

    [Fact]
    public void Decompress_OfDamagedOrCutGzip_ThrowsInternal()
    {
        using var compressed = MessageCompression.Compress(s_gzip, new ReadOnlySequence<byte>(new byte[5_000]), null);
        var damaged = compressed.Written.ToArray();
        damaged[12] ^= 0xFF;

        foreach (var payload in new[] { damaged, compressed.Written[..^1].ToArray(), compressed.Written[..^20].ToArray(), compressed.Written[..5].ToArray(), [1, 2, 3] })
        {
            var broken = Assert.Throws<RpcException>(() => MessageCompression.Decompress(s_gzip, new ReadOnlySequence<byte>(payload), 10_000));
            Assert.Equal(StatusCode.Internal, broken.StatusCode);
        }
    }
}
