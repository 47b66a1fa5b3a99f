using Inference.Vectors.Graph.Compact;
using Inference.Vectors.Memory;
using Xunit;

namespace UnitTests.Vectors.Graph.Compact;

/// <summary>The four bits beside an 8-bit code, against their definition.</summary>
public sealed unsafe class FineCodesTests
{
    private const int Rows = 3, Untouched = 12345;

    [Fact]
    public void Read_WithAnyDimension_GivesTheMiddleOfTheSixteenthThatTheElementLiesIn()
    {
        for (int dimension = 1; dimension <= 70; dimension++)
        {
            var random = new Random(dimension);
            var memory = new MemoryBlock(FineCodes.BytesFor(Rows, dimension));
            var fine = new FineCodes(memory, dimension);
            for (int row = 0; row < Rows; row++)
            {
                const float Scale = 0.25f;
                // As far as an 8-bit code reaches, and never on the border of two sixteenths.
                int[] sixteenths = [.. Enumerable.Range(0, dimension).Select(_ => random.Next(-127 * 16 - 8, 127 * 16 + 8))];
                float[] vector = [.. sixteenths.Select(static sixteenth => (sixteenth + 0.5f) / 16 * Scale)];
                sbyte[] codes = [.. vector.Select(static element => (sbyte)MathF.Round(element / Scale))];
                short[] words = [.. Enumerable.Repeat((short)Untouched, dimension + 8)];
                fixed (sbyte* c = codes)
                fixed (short* w = words)
                {
                    fine.Set(row, vector, c, Scale);
                    fine.Read(row, c, w);
                }

                Assert.Equal(sixteenths.Select(static sixteenth => (short)(2 * sixteenth + 1)), words[..dimension]);
                Assert.All(words[dimension..], static word => Assert.Equal(Untouched, word));
            }
            memory.Release();
        }
    }

    [Theory]
    [InlineData(32)]
    [InlineData(96)]
    [InlineData(4096)]
    public void Norm_OfTheLargestIntegers_IsTheLength(int length)
    {
        var random = new Random(length);
        short[] words = [.. Enumerable.Range(0, length).Select(i => (short)(i % 3 == 0 ? 4079 : random.Next(-4079, 4080)))];
        double expected = Math.Sqrt(words.Sum(static word => (double)word * word));
        fixed (short* w = words)
            Assert.Equal(expected, FineCodes.Norm(w, (nuint)length), expected * 1e-5);
    }
}
