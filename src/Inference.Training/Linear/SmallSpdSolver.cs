using System.Diagnostics;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Inference.Training.Linear;

/// <summary>
/// Solves many small systems (G + Σ y yᵀ + ρ I) x = b, one after another with the same scratch: what alternating least squares does for every user and item. One thread.
/// <list type="number">
/// <item>Gather the rows y into strips, add their products to a copy of G (<see cref="MicroKernel{T}"/>; only the upper triangle).</item>
/// <item>Factor Uᵀ U row by row, taking each finished row off those below it; solve forwards and backwards.</item>
/// </list>
/// </summary>
internal sealed class SmallSpdSolver<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int DepthBlock = 128;
    private readonly int _size;
    private readonly int _stride;
    private readonly T[] _matrix;
    private readonly T[] _left;
    private readonly T[] _right;

    public SmallSpdSolver(int size)
    {
        int tile = Math.Max(MicroKernel<T>.Rows, MicroKernel<T>.Columns);
        _size = size;
        _stride = (size + tile - 1) / tile * tile;
        _matrix = new T[_stride * _stride];
        _left = new T[DepthBlock * _stride];
        _right = new T[DepthBlock * _stride];
    }

    /// <summary>The matrix starts as G: size × size, row-major; only its upper triangle is read.</summary>
    public void Begin(ReadOnlySpan<T> gram)
    {
        for (int row = 0; row < _size; row++)
            gram.Slice(row * _size + row, _size - row).CopyTo(_matrix.AsSpan(row * _stride + row));
    }

    /// <summary>The matrix starts as zero.</summary>
    public void Begin() => _matrix.AsSpan().Clear();

    /// <summary>Adds Σ y yᵀ over some rows of a table.</summary>
    /// <param name="table">Rows × size, row-major.</param>
    /// <param name="rows">Which rows.</param>
    public void AddRows(ReadOnlySpan<T> table, ReadOnlySpan<int> rows)
    {
        int height = MicroKernel<T>.Rows, width = MicroKernel<T>.Columns;
        for (int start = 0; start < rows.Length; start += DepthBlock)
        {
            int depth = Math.Min(DepthBlock, rows.Length - start);
            for (int step = 0; step < depth; step++)
            {
                ReadOnlySpan<T> row = table.Slice(rows[start + step] * _size, _size);
                Spread(row, _left, height, depth, step);
                Spread(row, _right, width, depth, step);
            }

            for (int top = 0; top < _size; top += height)
            {
                for (int left = top / width * width; left < _size; left += width)
                    MicroKernel<T>.Add(depth, ref _left[top * depth], ref _right[left * depth], ref _matrix[top * _stride + left], _stride, T.One);
            }
        }
    }

    /// <summary>Solves with ρ added to the diagonal; the matrix is spoilt afterwards.</summary>
    /// <param name="ridge">ρ.</param>
    /// <param name="x">Holds b, receives x.</param>
    public void Solve(T ridge, Span<T> x)
    {
        Debug.Assert(x.Length == _size);
        for (int pivot = 0; pivot < _size; pivot++)
        {
            Span<T> row = _matrix.AsSpan(pivot * _stride, _size);
            // The ridge keeps pivots above zero; the floor is for rounding.
            T root = T.Sqrt(T.Max(row[pivot] + ridge, ridge * T.CreateTruncating(1e-6)));
            TensorPrimitives.Multiply(row[pivot..], T.One / root, row[pivot..]);
            row[pivot] = root;
            ref T first = ref MemoryMarshal.GetReference(row);
            for (int below = pivot + 1; below < _size; below++)
                TakeOff(ref Unsafe.Add(ref first, below), ref _matrix[below * _stride + below], _size - below);
            x[pivot] /= root;
            TensorPrimitives.MultiplyAdd(row[(pivot + 1)..], -x[pivot], x[(pivot + 1)..], x[(pivot + 1)..]);
        }

        for (int pivot = _size - 1; pivot >= 0; pivot--)
        {
            ReadOnlySpan<T> row = _matrix.AsSpan(pivot * _stride, _size);
            T sum = x[pivot];
            if (pivot + 1 < _size)
                sum -= TensorPrimitives.Dot(row[(pivot + 1)..], x[(pivot + 1)..]);
            x[pivot] = sum / row[pivot];
        }
    }

    /// <summary>The upper triangle of what was added, as a full size × size matrix times a factor.</summary>
    public void CopyTo(Span<T> gram, T factor)
    {
        for (int row = 0; row < _size; row++)
        {
            for (int column = row; column < _size; column++)
                gram[row * _size + column] = gram[column * _size + row] = _matrix[row * _stride + column] * factor;
        }
    }

    /// <summary>target ← target − row[0] · row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TakeOff(ref T row, ref T target, int length)
    {
        T factor = row;
        int i = 0;
        var wide = new Vector<T>(factor);
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
            (Vector.LoadUnsafe(ref target, (nuint)i) - wide * Vector.LoadUnsafe(ref row, (nuint)i)).StoreUnsafe(ref target, (nuint)i);
        for (; i < length; i++)
            Unsafe.Add(ref target, i) -= factor * Unsafe.Add(ref row, i);
    }

    private void Spread(ReadOnlySpan<T> row, T[] strips, int width, int depth, int step)
    {
        int start = 0;
        for (; start + width <= _size; start += width)
            row.Slice(start, width).CopyTo(strips.AsSpan(start * depth + step * width));
        for (; start < _stride; start += width)
        {
            Span<T> rest = strips.AsSpan(start * depth + step * width, width);
            rest.Clear();
            if (start < _size)
                row[start..].CopyTo(rest);
        }
    }
}
