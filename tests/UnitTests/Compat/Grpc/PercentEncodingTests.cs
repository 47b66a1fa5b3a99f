using System.Text;
using Grpc.Core.Wire;
using Xunit;

namespace UnitTests.Compat.Grpc;

public sealed class PercentEncodingTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain text ~!", "plain text ~!")]
    [InlineData("100%", "100%25")]
    [InlineData("a\nb\tc\0\u007f", "a%0Ab%09c%00%7F")]
    [InlineData("zwölf", "zw%C3%B6lf")]
    [InlineData("日本", "%E6%97%A5%E6%9C%AC")]
    [InlineData("🚪", "%F0%9F%9A%AA")]
    public void Encode_WithText_FollowsTheSpecification(string text, string expected) => Assert.Equal(expected, PercentEncoding.Encode(text));

    [Fact]
    public void Encode_WithHalfASurrogatePair_WritesTheReplacementCharacter()
        => Assert.Equal("a%EF%BF%BDb", PercentEncoding.Encode(string.Concat("a", ((char)0xD83D).ToString(), "b")));

    [Fact]
    public void Encode_WithNothingToEncode_ReturnsTheSameString()
    {
        var text = new string('x', 40);

        Assert.Same(text, PercentEncoding.Encode(text));
    }

    [Theory]
    [InlineData("100%25", "100%")]
    [InlineData("zw%c3%B6lf", "zwölf")]
    [InlineData("%", "%")]
    [InlineData("%4", "%4")]
    [InlineData("%zz%41", "%zzA")]
    [InlineData("%%41", "%A")]
    [InlineData("a%FFb", "a\ufffdb")]
    [InlineData("ö", "ö")]
    public void Decode_WithWhateverComes_NeverFails(string encoded, string expected) => Assert.Equal(expected, PercentEncoding.Decode(encoded));

    [Fact]
    public void Decode_OfEncodedRandomText_ReturnsIt()
    {
        const int Seed = 41;
        var random = new Random(Seed);
        for (var round = 0; round < 5_000; round++)
        {
            var text = new StringBuilder();
            for (var i = random.Next(20); i > 0; i--)
            {
                text.Append(new Rune(random.Next(3) switch { 0 => random.Next(0x80), 1 => random.Next(0xD800), _ => random.Next(0xE000, 0x110000) }).ToString());
            }

            var encoded = PercentEncoding.Encode(text.ToString());
            Assert.True(encoded.All(letter => letter is >= ' ' and <= '~'), $"seed {Seed}, round {round}: {encoded}");
            Assert.True(text.ToString() == PercentEncoding.Decode(encoded), $"seed {Seed}, round {round}: {encoded}");
        }
    }
}
