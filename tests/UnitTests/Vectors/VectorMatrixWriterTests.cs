using Inference.Vectors;
using UnitTests.Towers;
using Xunit;

namespace UnitTests.Vectors;

public sealed class VectorMatrixWriterTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(17, 3)]
    [InlineData(100, 16)]
    [InlineData(33, 65)]
    public void Write_FromSeveralThreads_MakesTheSameMatrix(int count, int dimension)
    {
        float[] rows = [.. Enumerable.Range(0, count * dimension).Select(i => i * 0.25f)];
        using var writer = new VectorMatrixWriter(count, dimension);
        const int piece = 4;
        Parallel.For(0, (count + piece - 1) / piece, i =>
        {
            int first = i * piece, taken = Math.Min(piece, count - first);
            writer.Write(first, rows.AsSpan(first * dimension, taken * dimension));
        });
        using VectorMatrix made = writer.Finish();
        using VectorMatrix expected = VectorMatrix.Create(rows, dimension);
        using var folder = new TemporaryFolder();
        made.Save(folder["made"]);
        expected.Save(folder["expected"]);
        // Padding included.
        Assert.Equal(File.ReadAllBytes(folder["expected"]), File.ReadAllBytes(folder["made"]));
    }

    [Fact]
    public void Finish_WithARowMissing_Throws()
    {
        using var writer = new VectorMatrixWriter(2, 2);
        writer.Write(0, [1, 2]);
        Assert.Throws<InvalidOperationException>(() => writer.Finish());
    }

    [Fact]
    public void Write_OfWhatDoesNotFit_Throws()
    {
        using var writer = new VectorMatrixWriter(2, 2);
        Assert.Throws<ArgumentException>(() => writer.Write(0, [1, 2, 3]));
        Assert.Throws<ArgumentException>(() => writer.Write(1, [1, 2, 3, 4]));
        Assert.Throws<ArgumentException>(() => writer.Write(-1, [1, 2]));
        Assert.Contains("Row 1", Assert.Throws<ArgumentException>(() => writer.Write(1, [1, float.NaN])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Load_OfASavedMatrix_IsTheMatrix(bool resident)
    {
        using var folder = new TemporaryFolder();
        using VectorMatrix saved = VectorMatrix.Create(50, 7, static (row, vector) => vector.Fill(row));
        saved.Save(folder["matrix"]);
        using VectorMatrix loaded = VectorMatrix.Load(folder["matrix"], new IndexLoadOptions(Resident: resident));
        Assert.Equal((50, 7), (loaded.Count, loaded.Dimension));
        for (int row = 0; row < 50; row++)
            Assert.Equal(saved.Row(row).ToArray(), loaded.Row(row).ToArray());
    }

    [Fact]
    public void Load_OfAnotherIndex_SaysSo()
    {
        using var folder = new TemporaryFolder();
        using VectorMatrix rows = VectorMatrix.Create(50, 7, static (row, vector) => vector.Fill(row));
        using (var index = new ScanIndex(rows, Metric.InnerProduct))
            index.Save(folder["index"]);
        Assert.Contains("A matrix is an index of kind Flat", Assert.Throws<InvalidDataException>(() => VectorMatrix.Load(folder["index"])).Message, StringComparison.Ordinal);
    }
}
