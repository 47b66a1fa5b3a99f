using Inference.Training.Chance;
using Xunit;

namespace UnitTests.Training.Chance;

/// <summary>Held against numbers that numpy 1.24 gave.</summary>
public sealed class NumpyRandomTests
{
    [Theory]
    [InlineData(0u, 463, new[] { 172, 47, 117, 192, 323, 251, 195, 359 })]
    [InlineData(123456789u, 1000, new[] { 696, 668, 306, 985, 346, 797 })]
    [InlineData(7u, 64, new[] { 47, 4, 25, 54, 3, 19 })]
    public void NextInt_GivesTheNumbersOfRandint(uint seed, int bound, int[] expected)
    {
        var random = new NumpyRandom(seed);
        Assert.Equal(expected, expected.Select(_ => random.NextInt(bound)));
    }

    [Fact]
    public void Fill_OverManyRefills_GivesTheNumbersOfRandint()
    {
        int[] drawn = new int[463_000];
        var random = new NumpyRandom(0);
        random.Fill(drawn, 463);
        Assert.Equal(107_036_189, drawn.Sum(value => (long)value));
        Assert.Equal([408, 403, 54, 18, 111, 24], drawn[^6..]);

        // What follows shows that the same number of draws was taken from the stream.
        Assert.Equal([3, 3, 3, 0, 9], Enumerable.Range(0, 5).Select(_ => random.NextInt(10)));
        Assert.Equal([3, 5, 0, 1, 4, 11, 9, 10, 6, 8, 2, 7], random.Permutation(12));
    }

    [Fact]
    public void NextInt_WithOneValue_DrawsNothing()
    {
        var random = new NumpyRandom(7);
        Assert.Equal(0, random.NextInt(1));
        Assert.Equal(47, random.NextInt(64));
    }

    [Fact]
    public void Permutation_GivesThatOfNumpy() =>
        Assert.Equal([3, 16, 6, 10, 2, 14, 4, 17, 7, 1, 13, 0, 19, 18, 9, 15, 8, 12, 11, 5], new NumpyRandom(1).Permutation(20));

    [Fact]
    public void Permutation_OfThousands_GivesThatOfNumpy() => Assert.Equal([278, 492, 1266, 557, 871, 1622], new NumpyRandom(2).Permutation(2_000)[..6]);
}
