using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Inference.Vectors.Files;
using Inference.Vectors.Graph.Kernels;
using Inference.Vectors.Memory;

namespace Inference.Vectors.Graph;

/// <summary>A sample of the nodes in which a search finds where to begin.</summary>
/// <remarks>
/// <para>It saves the steps from a fixed beginning, and it lets a search reach every region: where vectors lie in tight clusters, few links of the graph lead from one to
/// another. It does what the upper layers of HNSW do.</para>
/// <list type="number">
/// <item>Some nodes of the sample are pivots; each node of the sample lies in the cell of the pivot that it is nearest to, and the cells lie one after the other in memory.</item>
/// <item>A search scores all pivots, and then the cells of the nearest of them until it has scored <see cref="Scored"/> nodes.</item>
/// <item>It begins at the nearest <see cref="Begin"/> of these.</item>
/// </list>
/// A graph over the sample in place of the cells found worse beginnings, for the same reason that makes the sample necessary.
/// </remarks>
internal sealed unsafe class EntryLayer : IDisposable
{
    /// <summary>With so many nodes a search of the graph begins, at most.</summary>
    public const int Begin = 8;

    /// <summary>One node of so many is in the sample.</summary>
    private const int Share = 32;

    /// <summary>A sample is no smaller, unless there are fewer nodes.</summary>
    private const int Least = 256;

    /// <summary>Nodes of the sample that a search scores, and the nearest pivots whose cells they may come from.</summary>
    private const int Scored = 640, Cells = 24;

    /// <summary>Most pivots, and most nodes whose distances are computed at once.</summary>
    private const int MostPivots = 256, Piece = 256;

    private const string CountParameter = "entries", PivotsParameter = "entry-pivots";
    private const string NodesSection = "entry-nodes", CodesSection = "entry-codes", FactorsSection = "entry-factors", CellsSection = "entry-cells";

    private readonly MemoryBlock _codes;
    private readonly RowFactor[] _factors;
    private readonly float[] _scales, _norms;
    private readonly int[] _cells, _order;
    private readonly nuint _length, _stride;
    private readonly int _pivots;

    /// <param name="nodes">The sample as numbers of the graph, cell by cell, and before them the pivots.</param>
    /// <param name="codes">Their codes in this order; taken over.</param>
    /// <param name="factors">Their scales and squared lengths.</param>
    /// <param name="cells">Where the cell of each pivot begins behind the pivots, and where the last one ends.</param>
    /// <param name="length">Elements of a padded vector.</param>
    private EntryLayer(int[] nodes, MemoryBlock codes, RowFactor[] factors, int[] cells, nuint length)
    {
        Nodes = nodes;
        _codes = codes;
        _factors = factors;
        _cells = cells;
        _length = length;
        _stride = GraphRows.StrideOf(length);
        _pivots = cells.Length - 1;
        _scales = Array.ConvertAll(factors, static factor => factor.Scale);
        _norms = Array.ConvertAll(factors, static factor => factor.SquaredNorm);
        _order = new int[nodes.Length];
        for (int i = 0; i < _order.Length; i++)
            _order[i] = i;
    }

    /// <summary>The sample as numbers of the graph; pivots are in it twice.</summary>
    public int[] Nodes { get; }

    /// <summary>Bytes of memory.</summary>
    public long Bytes => (long)_codes.Length + (long)Nodes.Length * (2 * sizeof(RowFactor) + 2 * sizeof(int));

    private sbyte* Codes => (sbyte*)Unsafe.AsPointer(ref _codes.Start<sbyte>());

    /// <summary>How many of so many nodes are in the sample.</summary>
    public static int SizeFor(int nodes) => Math.Min(nodes, Math.Max(Least, nodes / Share));

    /// <summary>Copies a sample.</summary>
    /// <param name="rows">The vectors.</param>
    /// <param name="sample">Nodes in random order.</param>
    public static EntryLayer Of<TKernels>(GraphRows rows, ReadOnlySpan<int> sample)
        where TKernels : struct, IGraphKernels
    {
        int pivots = Math.Min(MostPivots, (int)Math.Sqrt(sample.Length));
        int[] chosen = sample[..pivots].ToArray();
        var cellOf = new int[sample.Length];
        var query = new short[rows.Length];
        var dots = new int[pivots];
        fixed (int* chosenNodes = chosen, products = dots)
        fixed (short* words = query)
        {
            for (int i = 0; i < sample.Length; i++)
            {
                TensorPrimitives.ConvertTruncating<sbyte, short>(new ReadOnlySpan<sbyte>(rows.Codes + (nuint)(uint)sample[i] * rows.CodeStride, (int)rows.Length), query);
                TKernels.DotRows(words, rows.Codes, rows.CodeStride, rows.Length, chosenNodes, (nuint)pivots, products);
                float scale = rows.Factors[sample[i]].Scale, least = float.PositiveInfinity;
                for (int pivot = 0; pivot < pivots; pivot++)
                {
                    RowFactor factor = rows.Factors[chosen[pivot]];
                    float distance = factor.SquaredNorm - 2 * scale * factor.Scale * dots[pivot];
                    if (distance < least)
                        (least, cellOf[i]) = (distance, pivot);
                }
            }
        }
        var cells = new int[pivots + 1];
        foreach (int cell in cellOf)
            cells[cell + 1]++;
        for (int cell = 0; cell < pivots; cell++)
            cells[cell + 1] += cells[cell];
        var nodes = new int[pivots + sample.Length];
        chosen.CopyTo(nodes, 0);
        int[] next = [.. cells];
        for (int i = 0; i < sample.Length; i++)
            nodes[pivots + next[cellOf[i]]++] = sample[i];
        var codes = new MemoryBlock((nuint)nodes.Length * rows.CodeStride);
        var factors = new RowFactor[nodes.Length];
        var layer = new EntryLayer(nodes, codes, factors, cells, rows.Length);
        for (int i = 0; i < nodes.Length; i++)
        {
            factors[i] = rows.Factors[nodes[i]];
            layer._scales[i] = factors[i].Scale;
            layer._norms[i] = factors[i].SquaredNorm;
            Unsafe.CopyBlock(layer.Codes + (nuint)(uint)i * rows.CodeStride, rows.Codes + (nuint)(uint)nodes[i] * rows.CodeStride, (uint)rows.CodeStride);
        }
        return layer;
    }

    /// <summary>The layer in a file.</summary>
    /// <exception cref="InvalidDataException">The file does not hold what such a layer has.</exception>
    public static EntryLayer Read(IndexFile file, nuint length)
    {
        var pivots = (int)file.Whole(PivotsParameter, 0, MostPivots);
        var count = (int)file.Whole(CountParameter, pivots, (long)file.Count + pivots);
        int[] nodes = file.Array<int>(NodesSection, count);
        foreach (int node in nodes)
        {
            if ((uint)node >= (uint)file.Count)
                throw file.Invalid($"Entry point {node} is no row; there are {file.Count}.");
        }
        int[] cells = file.Array<int>(CellsSection, pivots + 1);
        for (int i = 0; i < cells.Length; i++)
        {
            if (cells[i] < (i == 0 ? 0 : cells[i - 1]) || cells[i] > count - pivots)
                throw file.Invalid($"Cell {i} of the entry points begins at {cells[i]}, out of order.");
        }
        return new EntryLayer(nodes, file.Section(CodesSection, count * (long)GraphRows.StrideOf(length)), file.Array<RowFactor>(FactorsSection, count), cells, length);
    }

    public void WriteTo(IndexFileWriter writer)
    {
        writer.Set(PivotsParameter, _pivots);
        writer.Set(CountParameter, Nodes.Length);
        writer.Add<int>(NodesSection, Nodes);
        writer.Add<int>(CellsSection, _cells);
        writer.Add<RowFactor>(FactorsSection, _factors);
        writer.Add(CodesSection, _codes);
    }

    /// <summary>Finds nodes near a query.</summary>
    /// <param name="query">Padded 16-bit codes of the query.</param>
    /// <param name="scale">What brings them back.</param>
    /// <param name="squaredL2">Otherwise inner product.</param>
    /// <param name="nearest">Receives nodes of the graph, the nearest first.</param>
    /// <param name="distances">Their distances: |x|² − 2⟨q,x⟩ or −⟨q,x⟩.</param>
    /// <returns>How many: as many as there are places and nodes, or fewer where the nearest cells are all but empty.</returns>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Nearest<TKernels>(short* query, float scale, bool squaredL2, Span<int> nearest, Span<float> distances)
        where TKernels : struct, IGraphKernels
    {
        Span<int> cells = stackalloc int[Cells];
        Span<float> cellDistances = stackalloc float[Cells];
        int cellCount = 0;
        float limit = float.PositiveInfinity;
        Score<TKernels>(query, scale, squaredL2, 0, _pivots, cells, cellDistances, ref cellCount, ref limit);
        int count = 0, scored = 0;
        limit = float.PositiveInfinity;
        for (int i = 0; i < cellCount && scored < Scored; i++)
        {
            int start = _cells[cells[i]], end = Math.Min(_cells[cells[i] + 1], start + Scored - scored);
            Score<TKernels>(query, scale, squaredL2, _pivots + start, _pivots + end, nearest, distances, ref count, ref limit);
            scored += end - start;
        }
        for (int i = 0; i < count; i++)
            nearest[i] = Nodes[nearest[i]];
        return count;
    }

    /// <summary>Becomes a holder of the memory, unless it is gone.</summary>
    public bool TryHold() => _codes.TryHold();

    /// <summary>Ends one hold; the maker's too.</summary>
    public void Release() => _codes.Release();

    public void Dispose() => Release();

    /// <summary>Puts places from <paramref name="start"/> on among the nearest so far.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Score<TKernels>(short* query, float scale, bool squaredL2, int start, int end, Span<int> nearest, Span<float> distances, ref int count, ref float limit)
        where TKernels : struct, IGraphKernels
    {
        int* dots = stackalloc int[Piece];
        var values = (float*)dots;
        for (; start < end; start += Piece)
        {
            int length = Math.Min(Piece, end - start);
            fixed (int* order = _order)
                TKernels.DotRows(query, Codes, _stride, _length, order + start, (nuint)length, dots);
            // Distances in place of the dot products, and then only those are looked at that are below the worst so far: hardly any.
            var all = new Span<float>(values, length);
            TensorPrimitives.ConvertTruncating(new ReadOnlySpan<int>(dots, length), all);
            TensorPrimitives.Multiply(all, _scales.AsSpan(start, length), all);
            TensorPrimitives.Multiply(all, squaredL2 ? -2 * scale : -scale, all);
            if (squaredL2)
                TensorPrimitives.Add(all, _norms.AsSpan(start, length), all);
            for (int i = 0; i < length; i += Vector256<float>.Count)
            {
                uint better = i + Vector256<float>.Count <= length
                    ? Vector256.LessThan(Vector256.Load(values + i), Vector256.Create(limit)).ExtractMostSignificantBits()
                    : (1u << length - i) - 1;
                for (; better != 0; better &= better - 1)
                {
                    int place = i + BitOperations.TrailingZeroCount(better);
                    if (all[place] < limit)
                        Insert(all[place], start + place, nearest, distances, ref count, ref limit);
                }
            }
        }
    }

    /// <summary>Puts a place where it belongs among the nearest.</summary>
    private static void Insert(float distance, int added, Span<int> nearest, Span<float> distances, ref int count, ref float limit)
    {
        int place = count < nearest.Length ? count++ : count - 1;
        for (; place > 0 && distances[place - 1] > distance; place--)
        {
            distances[place] = distances[place - 1];
            nearest[place] = nearest[place - 1];
        }
        distances[place] = distance;
        nearest[place] = added;
        if (count == nearest.Length)
            limit = distances[count - 1];
    }
}
