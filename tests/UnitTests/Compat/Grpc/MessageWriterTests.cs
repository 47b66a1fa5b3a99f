using System.Buffers;
using System.IO.Compression;
using Grpc.Core;
using Grpc.Core.Wire;
using Grpc.Net.Compression;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Compat.Grpc;

public sealed class MessageWriterTests
{
    public static TheoryData<int> Lengths => [0, 1, 5, 100, 4_096, 16_384, 16_385, 100_000];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Write_WithAnnouncedLength_WritesOneFrame(int length)
        => AssertFrame(length, (message, context) =>
        {
            context.SetPayloadLength(message.Length);
            context.GetBufferWriter().Write(message);
            context.Complete();
        });

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Write_WithoutAnnouncedLength_WritesOneFrame(int length)
        => AssertFrame(length, (message, context) =>
        {
            context.GetBufferWriter().Write(message);
            context.Complete();
        });

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Write_WithArray_WritesOneFrame(int length) => AssertFrame(length, (message, context) => context.Complete(message));

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Write_ByWriterThatAsksForMoreRoomThanItNeeds_WritesOneFrame(int length)
        => AssertFrame(length, (message, context) =>
        {
            context.SetPayloadLength(message.Length);
            for (var at = 0; at < message.Length;)
            {
                var writer = context.GetBufferWriter();
                var room = writer.GetSpan(256);
                var count = Math.Min(200, message.Length - at);
                message.AsSpan(at, count).CopyTo(room);
                writer.Advance(count);
                at += count;
            }

            _ = context.GetBufferWriter();
            context.Complete();
        });

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Write_WithCompression_CompressesAllButTheEmptyMessage(int length)
    {
        var message = RandomBytes(length);
        var gzip = new GzipCompressionProvider(CompressionLevel.Fastest);
        foreach (var announce in new[] { true, false })
        {
            var target = new ArrayBufferWriter<byte>();
            MessageWriter.Write(
                target,
                message,
                (m, context) =>
                {
                    if (announce)
                    {
                        context.SetPayloadLength(m.Length);
                    }

                    context.GetBufferWriter().Write(m);
                    context.Complete();
                },
                int.MaxValue,
                gzip,
                CompressionLevel.Optimal);

            var frame = new ReadOnlySequence<byte>(target.WrittenMemory);
            Assert.True(MessageFrame.TryRead(ref frame, int.MaxValue, out var compressed, out var payload));
            Assert.True(frame.IsEmpty);
            Assert.Equal(length > 0, compressed);
            if (!compressed)
            {
                Assert.True(payload.IsEmpty);
                continue;
            }

            using var decompressed = MessageCompression.Decompress(gzip, payload, length);
            Assert.Equal(message, decompressed.Written.ToArray());
        }
    }

    [Fact]
    public void Write_OfMessageLargerThanTheLimit_ThrowsAndWritesNothing()
    {
        foreach (var serialize in new Action<byte[], SerializationContext>[]
        {
            (message, context) => context.SetPayloadLength(message.Length),
            (message, context) => context.Complete(message),
            (message, context) =>
            {
                context.GetBufferWriter().Write(message);
                context.Complete();
            },
        })
        {
            var target = new ArrayBufferWriter<byte>();
            var refused = Assert.Throws<RpcException>(() => MessageWriter.Write(target, new byte[101], serialize, 100, null, null));
            Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
            Assert.Equal(0, target.WrittenCount);
        }
    }

    [Theory]
    [InlineData(10, 9)]
    [InlineData(10, 11)]
    [InlineData(10, 0)]
    public void Write_OfSmallMessageWithWrongLength_ThrowsAndWritesNothing(int announced, int written)
    {
        var target = new ArrayBufferWriter<byte>();

        Assert.Throws<InvalidOperationException>(() => MessageWriter.Write(target, new byte[written], Serialize(announced), 100, null, null));
        Assert.Equal(0, target.WrittenCount);
    }

    [Theory]
    [InlineData(20_000, 19_999)]
    [InlineData(20_000, 20_001)]
    public void Write_OfLargeMessageWithWrongLength_TellsThatTheStreamIsBroken(int announced, int written)
        => Assert.Throws<BrokenFrameException>(() => MessageWriter.Write(new ArrayBufferWriter<byte>(), new byte[written], Serialize(announced), int.MaxValue, null, null));

    [Fact]
    public void Write_ByMarshallerThatThrows_LeavesTheWriterUsable()
    {
        var target = new ArrayBufferWriter<byte>();
        Assert.Throws<InvalidOperationException>(() => MessageWriter.Write(target, "", (_, _) => throw new InvalidOperationException(), 100, null, null));
        Assert.Throws<InvalidOperationException>(() => MessageWriter.Write(target, "", (_, context) => context.GetBufferWriter(), 100, null, null));
        Assert.Throws<InvalidOperationException>(() => MessageWriter.Write(target, "", (_, context) => context.Complete(), 100, null, null));
        Assert.Equal(0, target.WrittenCount);

        MessageWriter.Write(target, new byte[] { 7 }, Serialize(1), 100, null, null);

        Assert.Equal("000000000107", Convert.ToHexString(target.WrittenSpan));
    }

    [Fact]
    public void Write_WarmAndSmall_AllocatesNothing()
    {
        var target = new ArrayBufferWriter<byte>(1_000);
        var message = new byte[200];
        var serialize = Serialize(200);
        for (var i = 0; i < 10; i++)
        {
            target.ResetWrittenCount();
            MessageWriter.Write(target, message, serialize, 1_000, null, null);
        }

        target.ResetWrittenCount();
        Assert.Equal(0, Allocated.Least(() => MessageWriter.Write(target, message, serialize, 1_000, null, null)));
    }

    private static Action<byte[], SerializationContext> Serialize(int announced) => (message, context) =>
    {
        context.SetPayloadLength(announced);
        context.GetBufferWriter().Write(message);
        context.Complete();
    };

    private static void AssertFrame(int length, Action<byte[], SerializationContext> serialize)
    {
        var message = RandomBytes(length);
        var target = new ArrayBufferWriter<byte>();
        MessageWriter.Write(target, message, serialize, int.MaxValue, null, null);
        MessageWriter.Write(target, message, serialize, int.MaxValue, null, null);

        var frames = new ReadOnlySequence<byte>(target.WrittenMemory);
        for (var i = 0; i < 2; i++)
        {
            Assert.True(MessageFrame.TryRead(ref frames, int.MaxValue, out var compressed, out var payload));
            Assert.False(compressed);
            Assert.Equal(message, payload.ToArray());
        }

        Assert.True(frames.IsEmpty);
    }

    private static byte[] RandomBytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
