using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Inference.Vectors;
using Xunit;

namespace UnitTests.Vectors;

public sealed class VectorMatrixTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 5)]
    [InlineData(16, 16)]
    [InlineData(17, 33)]
    [InlineData(200, 64)]
    public void Create_FromASpan_KeepsTheRows(int count, int dimension)
    {
        float[] elements = SeededVectors.Uniform(count * dimension, seed: 1);

        using var matrix = VectorMatrix.Create(elements, dimension);

        Assert.Equal((count, dimension), (matrix.Count, matrix.Dimension));
        for (int row = 0; row < count; row++)
            Assert.Equal(elements.AsSpan(row * dimension, dimension), matrix.Row(row));
    }

    [Fact]
    public void Create_FromAFiller_CallsItOncePerRowInOrderWithZeroedRows()
    {
        int expected = 0;
        using var matrix = VectorMatrix.Create(40, 3, (row, elements) =>
        {
            Assert.Equal(expected++, row);
            Assert.Equal([0f, 0f, 0f], elements);
            elements[1] = row;
        });

        Assert.Equal(40, expected);
        Assert.Equal([0f, 39f, 0f], matrix.Row(39));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(17, 33)]
    [InlineData(5, 16)]
    public unsafe void Create_WithAnyShape_AlignsRowsAndPadsWithZeros(int count, int dimension)
    {
        using var matrix = VectorMatrix.Create(SeededVectors.Uniform(count * dimension, seed: 1), dimension);

        Assert.Equal(0, matrix.Stride % 16);
        Assert.InRange(matrix.Stride, dimension, dimension + 15);
        int paddedRows = (count + 15) / 16 * 16;
        ReadOnlySpan<float> all = MemoryMarshal.CreateReadOnlySpan(ref matrix.Memory.Start<float>(), paddedRows * matrix.Stride);
        for (int row = 0; row < paddedRows; row++)
        {
            Assert.Equal(0u, (nuint)Unsafe.AsPointer(ref Unsafe.AsRef(in all[row * matrix.Stride])) % 64);
            for (int i = row < count ? dimension : 0; i < matrix.Stride; i++)
                Assert.Equal(0, all[row * matrix.Stride + i]);
        }
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.PositiveInfinity, "Infinity")]
    [InlineData(float.NegativeInfinity, "-Infinity")]
    public void Create_WithARowThatIsNotFinite_NamesTheRowAndThePosition(float value, string name)
    {
        float[] elements = new float[5 * 7];
        elements[3 * 7 + 6] = value;

        var e = Assert.Throws<ArgumentException>(() => VectorMatrix.Create(elements, 7));
        Assert.Contains($"Row 3 holds {name} at position 6", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<ArgumentException>(() => VectorMatrix.Create(5, 7, (row, target) => elements.AsSpan(row * 7, 7).CopyTo(target)));
        Assert.Contains($"Row 3 holds {name} at position 6", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_WithAFillerThatThrows_PassesItOn() =>
        Assert.Throws<InvalidDataException>(() => VectorMatrix.Create(2, 2, static (row, _) => throw new InvalidDataException($"row {row}")));

    [Fact]
    public void Create_WithNoWholeNumberOfRows_Throws() => Assert.Throws<ArgumentException>(() => VectorMatrix.Create(new float[10], 3));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(VectorMatrix.MaxDimension + 1)]
    public void Create_WithADimensionOutOfRange_Throws(int dimension)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => VectorMatrix.Create([], dimension));
        Assert.Throws<ArgumentOutOfRangeException>(() => VectorMatrix.Create(1, dimension, static (_, _) => { }));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void Create_WithACountOutOfRange_Throws(int count) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => VectorMatrix.Create(count, 1, static (_, _) => { }));

    [Fact]
    public void Create_WithNoRows_IsEmpty()
    {
        using var matrix = VectorMatrix.Create([], 8);

        Assert.Equal((0, 8), (matrix.Count, matrix.Dimension));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void Row_OutOfRange_Throws(int row)
    {
        using var matrix = VectorMatrix.Create(new float[6], 2);

        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.Row(row).Length);
    }

    [Fact]
    public void Row_AfterDispose_Throws()
    {
        var matrix = VectorMatrix.Create(new float[6], 2);
        matrix.Dispose();
        matrix.Dispose();

        Assert.Throws<ObjectDisposedException>(() => matrix.Row(0).Length);
    }
}
