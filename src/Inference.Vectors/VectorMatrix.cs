using System.Diagnostics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Inference.Vectors.Files;
using Inference.Vectors.Kernels;
using Inference.Vectors.Memory;

namespace Inference.Vectors;

/// <summary>An immutable row-major matrix of finite fp32 vectors, laid out for the kernels.</summary>
/// <remarks>
/// Every row starts on a 64-byte boundary and is padded with zeros to a multiple of 16 elements, and the rows are padded with zero rows to a multiple of 16, so
/// that kernels need no remainder. Zeros change neither an inner product nor a squared distance. Safe for concurrent readers. The memory is native: it goes when the
/// matrix and every index made over it are disposed, in any order.
/// </remarks>
public sealed class VectorMatrix : IDisposable
{
    /// <summary>Elements to which rows, and rows to which the matrix, are padded.</summary>
    internal const int Padding = KernelSet.Lanes;

    private readonly MemoryBlock _memory;
    private int _disposed;

    private VectorMatrix(int count, int dimension, MemoryBlock? memory = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimension, MaxDimension);
        Count = count;
        Dimension = dimension;
        Stride = RoundUp(dimension);
        _memory = memory ?? new MemoryBlock((nuint)BytesOf(count, dimension));
    }

    /// <summary>Most rows: row numbers are ints, and the padding needs room.</summary>
    public const int MaxCount = int.MaxValue - 64;

    /// <summary>Most elements of a vector.</summary>
    public const int MaxDimension = 1 << 20;

    /// <summary>Rows.</summary>
    public int Count { get; }

    /// <summary>Elements of a row.</summary>
    public int Dimension { get; }

    /// <summary>Elements from the start of a row to the start of the next: the dimension rounded up to a multiple of 16.</summary>
    internal int Stride { get; }

    internal MemoryBlock Memory => _memory;

    /// <summary>Copies vectors that lie one after the other.</summary>
    /// <param name="rows">count × <paramref name="dimension"/> elements, row-major.</param>
    /// <param name="dimension">Elements of a row, 1 to <see cref="MaxDimension"/>.</param>
    /// <exception cref="ArgumentException">The length is no multiple of the dimension, or a row holds NaN or infinity; the message names the row.</exception>
    public static VectorMatrix Create(ReadOnlySpan<float> rows, int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        if (rows.Length % dimension != 0)
            throw new ArgumentException($"{rows.Length} elements are no whole number of rows of {dimension} dimensions.", nameof(rows));
        var matrix = new VectorMatrix(rows.Length / dimension, dimension);
        try
        {
            for (int row = 0; row < matrix.Count; row++)
            {
                rows.Slice(row * dimension, dimension).CopyTo(matrix.Clear(row));
                matrix.ThrowIfNotFinite(row, nameof(rows));
            }
            matrix.ClearPaddingRows();
            return matrix;
        }
        catch
        {
            matrix.Dispose();
            throw;
        }
    }

    /// <summary>Lets the caller write row after row straight into the matrix, which takes no second copy of a large catalogue.</summary>
    /// <param name="count">Rows, 0 to <see cref="MaxCount"/>.</param>
    /// <param name="dimension">Elements of a row, 1 to <see cref="MaxDimension"/>.</param>
    /// <param name="fillRow">Called once for each row, ascending, with the row's number and its <paramref name="dimension"/> elements, which are zero.</param>
    /// <exception cref="ArgumentException">A row holds NaN or infinity; the message names the row. What <paramref name="fillRow"/> throws passes through.</exception>
    public static VectorMatrix Create(int count, int dimension, Action<int, Span<float>> fillRow)
    {
        ArgumentNullException.ThrowIfNull(fillRow);
        var matrix = new VectorMatrix(count, dimension);
        try
        {
            for (int row = 0; row < count; row++)
            {
                fillRow(row, matrix.Clear(row));
                matrix.ThrowIfNotFinite(row, parameter: null);
            }
            matrix.ClearPaddingRows();
            return matrix;
        }
        catch
        {
            matrix.Dispose();
            throw;
        }
    }

    /// <summary>Loads a matrix that was saved.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Mapped or copied, checked or not.</param>
    /// <exception cref="InvalidDataException">It is no file of a matrix, of a newer format, cut, or damaged; the message names the file.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static VectorMatrix Load(string path, IndexLoadOptions options = default)
    {
        using IndexFile file = IndexFile.Open(path, options);
        if (file.Kind != IndexKind.Flat || file.Has(ExactIndex.AbsentSection))
            throw file.Invalid($"A matrix is an index of kind {IndexKind.Flat} that has every row; this is one of kind {file.Kind}.");
        return Over(file.Count, file.Dimension, file.Section(ExactIndex.VectorsSection, BytesOf(file.Count, file.Dimension)));
    }

    /// <summary>Writes the matrix to a file, which is replaced whole: the file of an <see cref="ExactIndex"/> by inner product, with the checksums that index files have.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The matrix is disposed.</exception>
    public void Save(string path)
    {
        using var index = new ExactIndex(this, Metric.InnerProduct);
        index.Save(path);
    }

    /// <summary>The <see cref="Dimension"/> elements of one row. The span must not be used after the matrix is disposed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    /// <exception cref="ObjectDisposedException">The matrix is disposed.</exception>
    public ReadOnlySpan<float> Row(int row)
    {
        if ((uint)row >= (uint)Count)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"The matrix has {Count} rows.");
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        return Elements(row);
    }

    /// <summary>Ends the matrix's own hold on the memory; indexes over it keep theirs.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _memory.Release();
    }

    /// <summary>Bytes of a matrix with its padding.</summary>
    internal static long BytesOf(int count, int dimension) => checked((long)RoundUp(count) * RoundUp(dimension) * sizeof(float));

    /// <summary>A matrix over memory that has the layout already, and whose hold passes to it.</summary>
    /// <param name="count">Rows, 0 to <see cref="MaxCount"/>.</param>
    /// <param name="dimension">Elements of a row, 1 to <see cref="MaxDimension"/>.</param>
    /// <param name="memory"><see cref="BytesOf"/> bytes.</param>
    internal static VectorMatrix Over(int count, int dimension, MemoryBlock memory)
    {
        Debug.Assert((long)memory.Length == BytesOf(count, dimension));
        return new VectorMatrix(count, dimension, memory);
    }

    /// <summary>A matrix whose rows are undefined until each of them is written.</summary>
    internal static VectorMatrix Unwritten(int count, int dimension)
    {
        var matrix = new VectorMatrix(count, dimension);
        matrix.ClearPaddingRows();
        return matrix;
    }

    /// <summary>Copies one row into its place, for the one who makes the matrix.</summary>
    /// <exception cref="ArgumentException">It holds NaN or infinity.</exception>
    internal void Write(int row, ReadOnlySpan<float> vector)
    {
        vector.CopyTo(Clear(row));
        ThrowIfNotFinite(row, nameof(vector));
    }

    /// <summary>One row for whoever holds the memory, which need not be the matrix any more.</summary>
    internal Span<float> Elements(int row)
    {
        Debug.Assert((uint)row < (uint)Count);
        return MemoryMarshal.CreateSpan(ref Unsafe.Add(ref _memory.Start<float>(), (nuint)row * (nuint)Stride), Dimension);
    }

    /// <summary>The stride of rows of a dimension.</summary>
    internal static int RoundUp(int value) => (value + Padding - 1) & -Padding;

    /// <summary>Zeroes a row with its padding and returns its elements.</summary>
    private Span<float> Clear(int row)
    {
        Span<float> elements = Elements(row);
        MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(elements), Stride).Clear();
        return elements;
    }

    private void ClearPaddingRows()
    {
        for (int row = Count; row < RoundUp(Count); row++)
            MemoryMarshal.CreateSpan(ref Unsafe.Add(ref _memory.Start<float>(), (nuint)row * (nuint)Stride), Stride).Clear();
    }

    private void ThrowIfNotFinite(int row, string? parameter)
    {
        ReadOnlySpan<float> elements = Elements(row);
        if (TensorPrimitives.IsFiniteAll(elements))
            return;
        int position = 0;
        while (float.IsFinite(elements[position]))
            position++;
        throw new ArgumentException($"Row {row} holds {FormattableString.Invariant($"{elements[position]}")} at position {position}; vectors must be finite.", parameter);
    }
}
