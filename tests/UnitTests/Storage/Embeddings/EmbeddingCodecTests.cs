using System.Text;
using Inference.Storage.Embeddings;
using Inference.Vectors.Files;
using Xunit;

namespace UnitTests.Storage.Embeddings;

public class EmbeddingCodecTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    [InlineData(127)]
    [InlineData(65_535)]
    public void Decode_OfWhatWasEncoded_IsItToHalfPrecision(int dimension)
    {
        var random = new Random(dimension);
        float[] vector = [.. Enumerable.Range(0, dimension).Select(_ => (float)(random.NextDouble() - 0.5))];

        byte[] encoded = EmbeddingCodec.Encode(vector, ulong.MaxValue - 1, Now);
        var decoded = new float[dimension];
        EmbeddingCodec.Decode(encoded, decoded);

        Assert.Equal(EmbeddingCodec.SizeOf(dimension), encoded.Length);
        Assert.True(EmbeddingCodec.IsSound(encoded));
        Assert.Equal((dimension, ulong.MaxValue - 1, Now), (EmbeddingCodec.DimensionOf(encoded), EmbeddingCodec.StampOf(encoded), EmbeddingCodec.WrittenOf(encoded)));
        // A scalar conversion is the oracle of the vectorised one.
        Assert.Equal(vector.Select(static value => (float)(Half)value), decoded);
    }

    [Fact]
    public void IsSound_WithAnyOneBitFlipped_IsFalse()
    {
        foreach (int dimension in (int[])[1, 7, 64])
        {
            byte[] encoded = EmbeddingCodec.Encode(Ramp(dimension), 42, Now);
            for (int bit = 0; bit < encoded.Length * 8; bit++)
            {
                encoded[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.False(EmbeddingCodec.IsSound(encoded), $"Bit {bit} of {dimension} dimensions.");
                encoded[bit / 8] ^= (byte)(1 << (bit % 8));
            }

            Assert.True(EmbeddingCodec.IsSound(encoded));
        }
    }

    [Fact]
    public void IsSound_OfAnyOtherLength_IsFalse()
    {
        byte[] encoded = EmbeddingCodec.Encode(Ramp(16), 42, Now);
        for (int length = 0; length < encoded.Length; length++)
            Assert.False(EmbeddingCodec.IsSound(encoded.AsSpan(0, length)));
        for (int more = 1; more < 20; more++)
            Assert.False(EmbeddingCodec.IsSound([.. encoded, .. new byte[more]]));
    }

    [Fact]
    public void IsSound_OfChance_IsFalse()
    {
        var random = new Random(1);
        for (int i = 0; i < 10_000; i++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            Assert.False(EmbeddingCodec.IsSound(bytes));
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(65_536f)]
    [InlineData(-65_536f)]
    public void CanEncode_OfWhatHalfPrecisionCannotHold_IsFalse(float value)
    {
        Assert.True(EmbeddingCodec.CanEncode([1, EmbeddingCodec.MaxMagnitude, -EmbeddingCodec.MaxMagnitude, 0]));
        Assert.False(EmbeddingCodec.CanEncode([1, value, 2]));
        Assert.False(EmbeddingCodec.CanEncode([]));
        Assert.False(EmbeddingCodec.CanEncode(new float[65_536]));
    }

    [Fact]
    public void Renew_ChangesTheTimeAlone()
    {
        byte[] encoded = EmbeddingCodec.Encode(Ramp(16), 42, Now);

        byte[] renewed = EmbeddingCodec.Renew(encoded, Now.AddHours(1));

        Assert.True(EmbeddingCodec.IsSound(renewed));
        Assert.Equal(EmbeddingCodec.Encode(Ramp(16), 42, Now.AddHours(1)), renewed);
        Assert.NotEqual(encoded, renewed);
    }

    /// <summary>RFC 3720, appendix B.4, and a bit-by-bit computation.</summary>
    [Fact]
    public void Crc32C_IsTheOneOfTheStandard()
    {
        Assert.Equal(0xE306_9283, Crc32C.Of(Encoding.ASCII.GetBytes("123456789")));
        Assert.Equal(0x8A91_36AA, Crc32C.Of(new byte[32]));
        var random = new Random(2);
        for (int length = 0; length < 70; length++)
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            int cut = random.Next(length + 1);
            Assert.Equal(BitByBit(bytes), Crc32C.Of(bytes));
            Assert.Equal(BitByBit(bytes), Crc32C.Of(bytes.AsSpan(0, cut), bytes.AsSpan(cut)));
        }
    }

    private static uint BitByBit(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0x82F6_3B78;
        }

        return ~crc;
    }

    private static float[] Ramp(int dimension) => [.. Enumerable.Range(0, dimension).Select(i => i / (float)dimension)];
}
