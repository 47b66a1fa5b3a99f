using System.Buffers;
using Grpc.Core;
using Grpc.Core.Wire;
using Xunit;

namespace UnitTests.Compat.Grpc;

public sealed class MessageFrameTests
{
    [Theory]
    [InlineData("")]
    [InlineData("00000000")]
    [InlineData("0000000001")]
    [InlineData("000000000301 02")]
    public void TryRead_WithFrameNotAllThere_LeavesTheBuffer(string hex)
    {
        var buffer = Pieces.Of(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), 1);
        var before = buffer.Length;

        Assert.False(MessageFrame.TryRead(ref buffer, 100, out _, out _));
        Assert.Equal(before, buffer.Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(100)]
    public void TryRead_WithSeveralFrames_TakesOneAtATime(int pieceSize)
    {
        var buffer = Pieces.Of(Convert.FromHexString("0000000002AABB" + "0100000000" + "0000000001CC" + "00"), pieceSize);

        Assert.True(MessageFrame.TryRead(ref buffer, 100, out var compressed, out var payload));
        Assert.Equal((false, "AABB"), (compressed, Convert.ToHexString(payload.ToArray())));
        Assert.True(MessageFrame.TryRead(ref buffer, 100, out compressed, out payload));
        Assert.Equal((true, ""), (compressed, Convert.ToHexString(payload.ToArray())));
        Assert.True(MessageFrame.TryRead(ref buffer, 100, out compressed, out payload));
        Assert.Equal((false, "CC"), (compressed, Convert.ToHexString(payload.ToArray())));
        Assert.False(MessageFrame.TryRead(ref buffer, 100, out _, out _));
        Assert.Equal(1, buffer.Length);
    }

    [Theory]
    [InlineData("0000000065", StatusCode.ResourceExhausted)]
    [InlineData("00FFFFFFFF", StatusCode.ResourceExhausted)]
    [InlineData("0080000000", StatusCode.ResourceExhausted)]
    [InlineData("0200000000", StatusCode.Internal)]
    [InlineData("FF00000000", StatusCode.Internal)]
    public void TryRead_WithHeaderThatIsNotAllowed_ThrowsBeforeTheMessageIsThere(string hex, StatusCode expected)
    {
        var buffer = Pieces.Of(Convert.FromHexString(hex), 2);

        Assert.Equal(expected, Assert.Throws<RpcException>(() => MessageFrame.TryRead(ref buffer, 100, out _, out _)).StatusCode);
    }

    [Fact]
    public void TryRead_WithNoLimit_TakesUpToTwoGigabytes()
    {
        var buffer = Pieces.Of(Convert.FromHexString("007FFFFFFF"), 5);

        Assert.False(MessageFrame.TryRead(ref buffer, int.MaxValue, out _, out _));
    }

    [Fact]
    public void WriteHeader_WithLength_IsReadBack()
    {
        var frame = new byte[5 + 300];
        MessageFrame.WriteHeader(frame, compressed: true, 300);
        var buffer = Pieces.Of(frame, 7);

        Assert.True(MessageFrame.TryRead(ref buffer, 300, out var compressed, out var payload));
        Assert.True(compressed);
        Assert.Equal(300, payload.Length);
    }
}
