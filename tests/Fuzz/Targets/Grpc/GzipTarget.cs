using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using Fuzz.Engine;
using Grpc.Core;
using Grpc.Core.Wire;
using Grpc.Net.Compression;

namespace Fuzz.Targets.Grpc;

/// <summary>Packed messages: none becomes longer than the limit, whatever its bytes promise.</summary>
internal sealed class GzipTarget : FuzzTarget
{
    private const int MostMessageBytes = 64 << 10;

    private static readonly GzipCompressionProvider Gzip = new(CompressionLevel.Optimal);

    public override string Name => "grpc-gzip";

    public override (long PerByte, long Free) MostAllocated => (512, 4 << 20);

    public override IEnumerable<byte[]> Seeds()
    {
        yield return Pack(new byte[MostMessageBytes]);
        yield return Pack([1, 2, 3]);
        yield return Pack([.. Enumerable.Range(0, 5_000).Select(one => (byte)(one * one))]);
        yield return [];
    }

    /// <summary>The checksum is zlib's business; the length at the end is ours.</summary>
    public override void Repair(ref byte[] input)
    {
        if (input.Length > 18)
            BinaryPrimitives.WriteInt32LittleEndian(input.AsSpan(input.Length - 4), input[^1] % 3 == 0 ? 3 : 5_000);
    }

    public override bool Read(byte[] input)
    {
        try
        {
            using PooledBuffer message = MessageCompression.Decompress(Gzip, Split.Of(input), MostMessageBytes);
            FuzzException.Unless(message.Count <= MostMessageBytes, "a message is longer than the limit");
            byte[] plain = message.WrittenSequence.ToArray();
            using PooledBuffer again = MessageCompression.Decompress(Gzip, new ReadOnlySequence<byte>(Pack(plain)), MostMessageBytes);
            FuzzException.Unless(again.WrittenSequence.ToArray().AsSpan().SequenceEqual(plain), "a message that was packed is another one");
            return true;
        }
        catch (RpcException e)
        {
            FuzzException.Unless(e.StatusCode is StatusCode.Internal or StatusCode.ResourceExhausted, "a message is refused with another status");
            return false;
        }
    }

    private static byte[] Pack(byte[] plain)
    {
        using PooledBuffer packed = MessageCompression.Compress(Gzip, new ReadOnlySequence<byte>(plain), null);
        return packed.WrittenSequence.ToArray();
    }
}
