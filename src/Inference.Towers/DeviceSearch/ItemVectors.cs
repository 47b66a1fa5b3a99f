using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Inference.Towers.Runtime;
using Inference.Vectors;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Inference.Towers.DeviceSearch;

/// <summary>
/// The vectors of an index as a matrix for a device, such that the inner product of a row with a query that <see cref="WriteQuery"/> made ranks rows as the metric does:
/// <list type="bullet">
/// <item>inner product: x with q</item>
/// <item>cosine: x ∕ |x| with q ∕ |q|</item>
/// <item>L2: (x, −|x|² ∕ 2) with (q, 1), for −|q − x|² = 2 (q·x − |x|² ∕ 2) − |q|²</item>
/// </list>
/// Columns are padded with zeros to a multiple of eight, the width that matrix units take. Halves are scaled: rows to a longest length of 1, queries to length 1, so that no score leaves the range.
/// </summary>
internal sealed class ItemVectors : IDisposable
{
    private const int ColumnMultiple = 8;

    private readonly NativeBuffer _buffer;
    private readonly int[]? _rowOf;
    private readonly Metric _metric;
    private readonly int _dimension;

    private ItemVectors(NativeBuffer buffer, int[]? rowOf, int count, LiveIndex index, bool half, float longest)
    {
        _buffer = buffer;
        _rowOf = rowOf;
        Count = count;
        _metric = index.Metric;
        _dimension = index.Dimension;
        Half = half;
        Longest = longest;
    }

    /// <summary>Rows of the matrix: those that had a vector when it was made.</summary>
    public int Count { get; }

    /// <summary>Elements of a row and of a query.</summary>
    public int Columns => ColumnsFor(_metric, _dimension);

    /// <summary>Whether elements are 16 bits wide.</summary>
    public bool Half { get; }

    /// <summary>Length of the longest row, before halves are scaled.</summary>
    public float Longest { get; }

    public TensorElementType ElementType => Half ? TensorElementType.Float16 : TensorElementType.Float;

    public nint Address => _buffer.Address;

    public long Bytes => (long)_buffer.Length;

    /// <summary>The row of the index that a row of the matrix is.</summary>
    public int RowOf(int place) => _rowOf is null ? place : _rowOf[place];

    /// <summary>Columns of a matrix over vectors of a dimension.</summary>
    public static int ColumnsFor(Metric metric, int dimension) => (dimension + (metric == Metric.L2 ? 1 : 0) + ColumnMultiple - 1) / ColumnMultiple * ColumnMultiple;

    /// <summary>Copies the vectors of an index, which may change meanwhile: a row that does is copied as it was before or after.</summary>
    /// <exception cref="ObjectDisposedException">The index is disposed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static ItemVectors Of(LiveIndex index, bool half, CancellationToken cancellationToken)
    {
        int columns = ColumnsFor(index.Metric, index.Dimension), rows = index.RowCount, count = 0;
        var rowOf = new int[rows];
        var vector = new float[columns];
        // Halves need the longest row before they are written, so lengths come first.
        float longest = 0;
        for (int row = 0; row < rows; row++)
        {
            if ((row & 0xFFF) == 0)
                cancellationToken.ThrowIfCancellationRequested();
            if (!index.TryCopyVector(row, vector))
                continue;
            Extend(vector, index.Metric, index.Dimension);
            longest = Math.Max(longest, TensorPrimitives.Norm(vector));
            rowOf[count++] = row;
        }

        bool isWhole = count == rows;
        var buffer = new NativeBuffer((nuint)count * (nuint)(columns * (half ? sizeof(ushort) : sizeof(float))));
        try
        {
            float scale = half && longest > 0 ? 1 / longest : 1;
            for (int place = 0; place < count; place++)
            {
                if ((place & 0xFFF) == 0)
                    cancellationToken.ThrowIfCancellationRequested();
                // One that went meanwhile is a changed row, so what stands here is never returned.
                if (!index.TryCopyVector(rowOf[place], vector))
                    vector.AsSpan().Clear();
                Extend(vector, index.Metric, index.Dimension);
                Write(vector, scale, half, buffer, place);
            }

            return new ItemVectors(buffer, isWhole ? null : rowOf[..count], count, index, half, longest);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>Writes a query as the matrix needs it.</summary>
    /// <param name="query">Elements of the index's dimension.</param>
    /// <param name="destination"><see cref="Columns"/> elements.</param>
    public void WriteQuery(ReadOnlySpan<float> query, Span<float> destination)
    {
        query.CopyTo(destination);
        destination[query.Length..].Clear();
        if (_metric == Metric.L2)
            destination[query.Length] = 1;
        if (!Half && _metric != Metric.Cosine)
            return;
        float length = TensorPrimitives.Norm(destination);
        if (length > 0)
            TensorPrimitives.Divide(destination, length, destination);
    }

    /// <summary>
    /// A score below which no row can lie that the device put behind the last one it gave: what the device and the index compute differ by rounding alone, which this bounds. For float32 only.
    /// </summary>
    /// <param name="query">The caller's query.</param>
    /// <param name="last">The device's score of the last row that it gave.</param>
    /// <returns>The largest score, as the index gives them, that a row which was not given may have.</returns>
    public float BestUnseen(ReadOnlySpan<float> query, float last)
    {
        float length = TensorPrimitives.Norm(query);
        if (_metric == Metric.Cosine)
            length = length > 0 ? 1 : 0;
        else if (_metric == Metric.L2)
            length = float.Hypot(length, 1);
        // A sum of n products, in any order, lies within n·2⁻²⁴·|q|·|x| of the true one. Here are two such sums; for cosine as many again, for the lengths that both sides divide by.
        float error = (_metric == Metric.Cosine ? 4 : 2) * (Columns + 4) * float.ScaleB(1, -24) * length * Longest;
        if (_metric != Metric.L2)
            return last + error;
        // The last column is a sum as well, as is the index's distance, which is at most 2|q|² + 2|x|², and |q|² here.
        return 2 * (last + 3 * error) - TensorPrimitives.SumOfSquares(query) * (1 - float.ScaleB(Columns, -22));
    }

    public void Dispose() => _buffer.Dispose();

    private static void Extend(Span<float> vector, Metric metric, int dimension)
    {
        vector[dimension..].Clear();
        if (metric == Metric.L2)
        {
            vector[dimension] = -TensorPrimitives.SumOfSquares<float>(vector[..dimension]) / 2;
        }
        else if (metric == Metric.Cosine)
        {
            float length = TensorPrimitives.Norm<float>(vector);
            if (length > 0)
                TensorPrimitives.Divide(vector, length, vector);
        }
    }

    private static void Write(Span<float> vector, float scale, bool half, NativeBuffer buffer, int place)
    {
        int bytes = vector.Length * (half ? sizeof(ushort) : sizeof(float));
        Span<byte> destination = buffer.Slice((nuint)place * (nuint)bytes, bytes);
        if (!half)
        {
            vector.CopyTo(MemoryMarshal.Cast<byte, float>(destination));
            return;
        }

        TensorPrimitives.Multiply(vector, scale, vector);
        TensorPrimitives.ConvertToHalf(vector, MemoryMarshal.Cast<byte, Half>(destination));
    }
}
