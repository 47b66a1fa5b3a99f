#if !OFFICIAL_PACKAGES // The official server measures only what travels.
using System.IO.Compression;
using FunctionalTests.Server;
using Grpc.Core;
using Xunit;
using static FunctionalTests.Grpc.GrpcExchange;

namespace FunctionalTests.Grpc;

/// <summary>What is small on the wire and large when it is read. Looks at what the whole process allocates.</summary>
[Collection(nameof(AloneInProcess))]
public sealed class CompressionBombTests
{
    [Fact]
    public async Task Request_ThatDecompressesToMoreThanTheLimit_FailsWithResourceExhausted()
    {
        await using var host = await GrpcHost.StartAsync(options => options.MaxReceiveMessageSize = 100_000);
        using var bomb = new MemoryStream();
        using (var gzip = new GZipStream(bomb, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            for (var i = 0; i < 1_000; i++)
            {
                gzip.Write(new byte[50_000]);
            }
        }

        Assert.InRange(bomb.Length, 1, 100_000);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var reply = await host.CallAsync("Unary", Frame(bomb.ToArray(), compressed: true), ("grpc-encoding", "gzip"));

        Assert.Equal(StatusCode.ResourceExhausted, reply.Status);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 10_000_000);
    }
}
#endif
