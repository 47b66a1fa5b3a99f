namespace Inference.Vectors;

/// <summary>Fills a matrix in any order and from several threads at once, without a second copy of a large catalogue.</summary>
/// <remarks>Write every row once, then <see cref="Finish"/>. Until then the matrix is the writer's.</remarks>
public sealed class VectorMatrixWriter : IDisposable
{
    private VectorMatrix? _matrix;
    private int _written;

    /// <param name="count">Rows, 0 to <see cref="VectorMatrix.MaxCount"/>.</param>
    /// <param name="dimension">Elements of a row, 1 to <see cref="VectorMatrix.MaxDimension"/>.</param>
    /// <exception cref="OutOfMemoryException">The system has no such block.</exception>
    public VectorMatrixWriter(int count, int dimension) => _matrix = VectorMatrix.Unwritten(count, dimension);

    /// <summary>Copies consecutive rows into their places.</summary>
    /// <param name="firstRow">Number of the first one.</param>
    /// <param name="rows">Whole rows, one after the other.</param>
    /// <exception cref="ArgumentException">These are no whole rows of the matrix, or one holds NaN or infinity; the message names it.</exception>
    public void Write(int firstRow, ReadOnlySpan<float> rows)
    {
        VectorMatrix matrix = _matrix ?? throw new ObjectDisposedException(nameof(VectorMatrixWriter));
        int count = rows.Length / matrix.Dimension;
        if (rows.Length % matrix.Dimension != 0 || firstRow < 0 || firstRow > matrix.Count - count)
            throw new ArgumentException($"{rows.Length} elements from row {firstRow} on are no rows of {matrix.Count} × {matrix.Dimension}.", nameof(rows));
        for (int i = 0; i < count; i++)
            matrix.Write(firstRow + i, rows.Slice(i * matrix.Dimension, matrix.Dimension));
        Interlocked.Add(ref _written, count);
    }

    /// <summary>The matrix, which is the caller's from now on.</summary>
    /// <exception cref="InvalidOperationException">Not every row was written.</exception>
    public VectorMatrix Finish()
    {
        VectorMatrix matrix = _matrix ?? throw new ObjectDisposedException(nameof(VectorMatrixWriter));
        if (_written != matrix.Count)
            throw new InvalidOperationException($"{_written} of {matrix.Count} rows were written.");
        _matrix = null;
        return matrix;
    }

    /// <summary>Gives the memory back, unless it is finished.</summary>
    public void Dispose()
    {
        _matrix?.Dispose();
        _matrix = null;
    }
}
