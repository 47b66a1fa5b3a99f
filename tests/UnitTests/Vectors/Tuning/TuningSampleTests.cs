using Inference.Vectors;
using Inference.Vectors.Search;
using Inference.Vectors.Tuning;
using Xunit;

namespace UnitTests.Vectors.Tuning;

public sealed class TuningSampleTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(400, 400)]
    [InlineData(1000, 400)]
    public void Of_GivenQueries_TakesThemEvenlySpread(int given, int taken)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(5, 3, seed: 1);
        float[] queries = [.. Enumerable.Range(0, given).SelectMany(static i => (float[])[i, -i, 1])];

        TuningSample sample = TuningSample.Of(matrix, null, new IndexOptions { SampleQueries = queries });

        Assert.Equal(taken, sample.Count);
        for (int i = 0; i < taken; i++)
            Assert.Equal([(long)i * given / taken, -((long)i * given / taken), 1], sample[i].ToArray());
    }

    [Fact]
    public void Of_GivenNone_MakesPointsBetweenPresentRows()
    {
        using VectorMatrix matrix = VectorMatrix.Create(1000, 2, static (row, vector) => vector.Fill(row < 900 ? 1000 : 1));
        var absent = new RowBits(1000);
        for (int row = 0; row < 900; row++)
            absent.Add(row);

        TuningSample sample = TuningSample.Of(matrix, absent, new IndexOptions());

        Assert.Equal(100, sample.Count);
        for (int i = 0; i < sample.Count; i++)
            Assert.All(sample[i].ToArray(), static x => Assert.Equal(1, x, 1e-5f));
    }

    [Fact]
    public void Of_WithTheSameSeed_IsTheSame()
    {
        using VectorMatrix matrix = SeededVectors.Matrix(1000, 3, seed: 2);

        TuningSample first = TuningSample.Of(matrix, null, new IndexOptions { Seed = 4 }), second = TuningSample.Of(matrix, null, new IndexOptions { Seed = 4 }), other = TuningSample.Of(matrix, null, new IndexOptions { Seed = 5 });

        Assert.Equal(first[17].ToArray(), second[17].ToArray());
        Assert.NotEqual(first[17].ToArray(), other[17].ToArray());
        Assert.Equal(400, first.Count);
    }
}
