using Grpc.Core;
using Grpc.Core.Wire;
using Xunit;

namespace UnitTests.Compat.Grpc;

public sealed class BinaryHeaderTests
{
    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("0001")]
    [InlineData("000102")]
    [InlineData("FBFFBE00")]
    public void TryDecode_OfEncoded_ReturnsItWithAndWithoutPadding(string hex)
    {
        var value = Convert.FromHexString(hex);

        var encoded = BinaryHeader.Encode(value);

        Assert.DoesNotContain('=', encoded);
        Assert.True(BinaryHeader.TryDecode(encoded, out var unpadded));
        Assert.Equal(value, unpadded);
        Assert.True(BinaryHeader.TryDecode(Convert.ToBase64String(value), out var padded));
        Assert.Equal(value, padded);
    }

    [Fact]
    public void TryDecode_OfLongValues_ReturnsThem()
    {
        for (var length = 0; length < 600; length++)
        {
            var value = new byte[length];
            new Random(length).NextBytes(value);

            Assert.True(BinaryHeader.TryDecode(BinaryHeader.Encode(value), out var decoded));
            Assert.Equal(value, decoded);
        }
    }

    [Theory]
    [InlineData("A")]
    [InlineData("AAAAA")]
    [InlineData("A=A=")]
    [InlineData("AA A")]
    [InlineData("AA\tA")]
    [InlineData("a!bc")]
    [InlineData("a-b_")]
    [InlineData("ÄÖÜß")]
    public void TryDecode_OfAnythingElse_ReturnsFalse(string text) => Assert.False(BinaryHeader.TryDecode(text, out _));

    [Fact]
    public void TryAddTo_WithSeveralValues_AddsEach()
    {
        var metadata = new Metadata();

        Assert.True(BinaryHeader.TryAddTo(metadata, "k-bin", "AQ, Ag==,,Aw"));

        Assert.Equal([[1], [2], [], [3]], metadata.GetAll("k-bin").Select(entry => entry.ValueBytes));
    }

    [Fact]
    public void TryAddTo_WithBrokenValue_ReturnsFalse() => Assert.False(BinaryHeader.TryAddTo([], "k-bin", "AQ,!"));
}
