using System.Numerics;
using System.Runtime.InteropServices;
using Inference.Training.Linear;

namespace Inference.Training.Models;

/// <summary>Weights from history items (rows) to candidates (columns), dense for catalogues where that pays, sparse beyond.</summary>
public sealed class ItemItemMatrix
{
    /// <summary>Largest dense matrix: 256 MiB of weights.</summary>
    private const int LargestDense = 8192;

    private readonly float[]? _dense;
    private readonly SparseRows? _sparse;

    private ItemItemMatrix(int items, float[]? dense, SparseRows? sparse)
    {
        Items = items;
        _dense = dense;
        _sparse = sparse;
    }

    public int Items { get; }

    /// <param name="weights">Items × items, row-major; finite.</param>
    /// <param name="items">Number of items.</param>
    public static ItemItemMatrix Dense(float[] weights, int items) => new(items, weights, null);

    /// <summary>Spreads the rows out where that takes little memory and most scoring reads long rows anyway.</summary>
    public static ItemItemMatrix Of(SparseRows rows)
    {
        int items = rows.Count;
        if (items > LargestDense || rows.Columns.LongLength * 8 < (long)items * items)
            return new ItemItemMatrix(items, null, rows);
        float[] dense = new float[items * items];
        Parallel.For(0, items, item =>
        {
            ReadOnlySpan<int> columns = rows.ColumnsOf(item);
            ReadOnlySpan<float> values = rows.ValuesOf(item);
            for (int i = 0; i < columns.Length; i++)
                dense[item * items + columns[i]] = values[i];
        });
        return new ItemItemMatrix(items, dense, null);
    }

    /// <summary>Adds the row of a history item; of an item that is not in the matrix, nothing.</summary>
    public void AddRow(int item, double factor, Span<double> scores)
    {
        if (item >= Items)
            return;
        if (_dense is not null)
        {
            AddDense(_dense.AsSpan(item * Items, Items), factor, scores[..Items]);
            return;
        }

        ReadOnlySpan<int> columns = _sparse!.ColumnsOf(item);
        ReadOnlySpan<float> values = _sparse.ValuesOf(item);
        for (int i = 0; i < columns.Length; i++)
            scores[columns[i]] += factor * values[i];
    }

    /// <summary>Raises scores to the row of a history item where that is higher.</summary>
    public void RaiseToRow(int item, Span<double> scores)
    {
        if (item >= Items)
            return;
        if (_dense is not null)
        {
            ReadOnlySpan<float> row = _dense.AsSpan(item * Items, Items);
            for (int i = 0; i < row.Length; i++)
                scores[i] = Math.Max(scores[i], row[i]);
            return;
        }

        ReadOnlySpan<int> columns = _sparse!.ColumnsOf(item);
        ReadOnlySpan<float> values = _sparse.ValuesOf(item);
        for (int i = 0; i < columns.Length; i++)
            scores[columns[i]] = Math.Max(scores[columns[i]], values[i]);
    }

    /// <summary>The strongest weights of each row, by absolute value: what a bundle carries.</summary>
    /// <param name="limit">Most weights per history item.</param>
    public NeighbourLists TopLists(int limit)
    {
        var rows = new (int[] Items, float[] Weights, double Kept, double All)[Items];
        Parallel.For(0, Items, item => rows[item] = Top(item, limit));
        return NeighbourLists.Join(rows);
    }

    private (int[] Items, float[] Weights, double Kept, double All) Top(int item, int limit)
    {
        ReadOnlySpan<float> values = _dense is not null ? _dense.AsSpan(item * Items, Items) : _sparse!.ValuesOf(item);
        int[] order = new int[values.Length];
        float[] keys = new float[values.Length];
        int count = 0;
        double all = 0, kept = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] == 0)
                continue;
            all += Math.Abs(values[i]);
            keys[count] = -Math.Abs(values[i]);
            order[count++] = i;
        }

        Array.Sort(keys, order, 0, count);
        int length = Math.Min(limit, count);
        int[] items = new int[length];
        float[] weights = new float[length];
        for (int i = 0; i < length; i++)
        {
            items[i] = _dense is not null ? order[i] : _sparse!.ColumnsOf(item)[order[i]];
            weights[i] = values[order[i]];
            kept += Math.Abs(weights[i]);
        }

        return (items, weights, kept, all);
    }

    private static void AddDense(ReadOnlySpan<float> row, double factor, Span<double> scores)
    {
        ref float from = ref MemoryMarshal.GetReference(row);
        ref double to = ref MemoryMarshal.GetReference(scores);
        var factors = new Vector<double>(factor);
        nuint i = 0, width = (nuint)Vector<double>.Count;
        for (; i + 2 * width <= (nuint)row.Length; i += 2 * width)
        {
            Vector.Widen(Vector.LoadUnsafe(ref from, i), out Vector<double> low, out Vector<double> high);
            (Vector.LoadUnsafe(ref to, i) + low * factors).StoreUnsafe(ref to, i);
            (Vector.LoadUnsafe(ref to, i + width) + high * factors).StoreUnsafe(ref to, i + width);
        }

        for (int rest = (int)i; rest < row.Length; rest++)
            scores[rest] += factor * row[rest];
    }
}
