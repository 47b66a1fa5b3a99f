using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
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
/// <item>A search scores all pivots, and then the cells of the nearest of them until it has scored <see cref="Scored"/> nodes, from 4-bit codes (<see cref="EntryBlocks"/>).</item>
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

    /// <summary>Elements of the longest query whose forms lie on the stack.</summary>
    private const int OnStack = 2048;

    /// <summary>Most pivots.</summary>
    private const int MostPivots = 256;

    private const string CountParameter = "entries", PivotsParameter = "entry-pivots";
    private const string NodesSection = "entry-nodes", CodesSection = "entry-codes", FactorsSection = "entry-factors", CellsSection = "entry-cells";

    private readonly MemoryBlock _codes;
    private readonly RowFactor[] _factors;
    private readonly int[] _cells;
    private readonly nuint _length;
    private readonly int _pivots;

    /// <summary>The pivots and then the cells, each from the start of a block on, and the number in the graph for each place in these.</summary>
    private readonly EntryBlocks _blocks;
    private readonly int[] _numbers;

    /// <summary>The first block of each cell, and where the last one ends.</summary>
    private readonly int[] _cellBlocks;

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
        _pivots = cells.Length - 1;
        _cellBlocks = new int[cells.Length];
        _cellBlocks[0] = BlocksFor(_pivots);
        for (int i = 0; i < _pivots; i++)
            _cellBlocks[i + 1] = _cellBlocks[i] + BlocksFor(cells[i + 1] - cells[i]);
        _numbers = new int[_cellBlocks[_pivots] * EntryBlocks.Rows];
        _blocks = new EntryBlocks(_cellBlocks[_pivots], length);
        Fill(0, 0, _pivots);
        for (int i = 0; i < _pivots; i++)
            Fill(_cellBlocks[i], _pivots + cells[i], _pivots + cells[i + 1]);
    }

    /// <summary>The sample as numbers of the graph; pivots are in it twice.</summary>
    public int[] Nodes { get; }

    /// <summary>Bytes of memory.</summary>
    public long Bytes => (long)_codes.Length + (long)_blocks.Memory.Length + (long)Nodes.Length * (sizeof(RowFactor) + sizeof(int)) + (long)_numbers.Length * sizeof(int);

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
        var start = (sbyte*)Unsafe.AsPointer(ref codes.Start<sbyte>());
        for (int i = 0; i < nodes.Length; i++)
        {
            factors[i] = rows.Factors[nodes[i]];
            Unsafe.CopyBlock(start + (nuint)(uint)i * rows.CodeStride, rows.Codes + (nuint)(uint)nodes[i] * rows.CodeStride, (uint)rows.CodeStride);
        }
        return new EntryLayer(nodes, codes, factors, cells, rows.Length);
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
        int length = (int)_length;
        float[]? rentedFloats = length > OnStack ? ArrayPool<float>.Shared.Rent(length) : null;
        sbyte[]? rentedCodes = length > OnStack ? ArrayPool<sbyte>.Shared.Rent(length) : null;
        Span<float> floats = (rentedFloats ?? stackalloc float[OnStack])[..length];
        Span<sbyte> codes = (rentedCodes ?? stackalloc sbyte[OnStack])[..length];
        TensorPrimitives.ConvertTruncating(new ReadOnlySpan<short>(query, length), floats);
        float step = GraphRows.Quantise(floats, sbyte.MaxValue, codes);
        int count;
        fixed (sbyte* start = codes)
            count = Nearest<TKernels>(new EntryQuery(start, length, step * scale, squaredL2), nearest, distances);
        if (rentedFloats is not null && rentedCodes is not null)
        {
            ArrayPool<float>.Shared.Return(rentedFloats);
            ArrayPool<sbyte>.Shared.Return(rentedCodes);
        }
        return count;
    }

    /// <summary>Becomes a holder of the memory, unless it is gone.</summary>
    public bool TryHold()
    {
        if (!_codes.TryHold())
            return false;
        if (_blocks.Memory.TryHold())
            return true;
        _codes.Release();
        return false;
    }

    /// <summary>Ends one hold; the maker's too.</summary>
    public void Release()
    {
        _blocks.Memory.Release();
        _codes.Release();
    }

    public void Dispose() => Release();

    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Nearest<TKernels>(in EntryQuery wanted, Span<int> nearest, Span<float> distances)
        where TKernels : struct, IGraphKernels
    {
        float* estimates = stackalloc float[MostPivots + EntryBlocks.Rows];
        int* sums = stackalloc int[EntryBlocks.Rows];
        for (int block = 0; block < _cellBlocks[0]; block++)
            _blocks.Estimate<TKernels>(block, wanted, float.PositiveInfinity, estimates + block * EntryBlocks.Rows, sums);
        Span<int> cells = stackalloc int[Cells];
        int cellCount = Choose(new Span<float>(estimates, _pivots), cells);
        ulong* keys = stackalloc ulong[Begin + SortedKeys.Slack];
        var found = new SortedKeys(keys);
        found.Reset(Math.Min(Begin, nearest.Length));
        for (int i = 0; i < cellCount; i++)
        {
            int cell = cells[i], end = _cellBlocks[cell + 1];
            for (int block = _cellBlocks[cell]; block < end; block++)
            {
                if (block + 1 < end)
                    _blocks.Prefetch(block + 1);
                else if (i + 1 < cellCount)
                    _blocks.Prefetch(_cellBlocks[cells[i + 1]]);
                uint near = _blocks.Estimate<TKernels>(block, wanted, found.Limit, estimates, sums);
                for (; near != 0; near &= near - 1)
                {
                    int slot = BitOperations.TrailingZeroCount(near);
                    if (estimates[slot] < found.Limit)
                        found.Insert<TKernels>(estimates[slot], block * EntryBlocks.Rows + slot);
                }
            }
        }
        for (int i = 0; i < found.Count; i++)
        {
            nearest[i] = _numbers[SortedKeys.NodeOf(found[i])];
            distances[i] = SortedKeys.DistanceOf(found[i]);
        }
        return found.Count;
    }

    private static int BlocksFor(int rows) => (rows + EntryBlocks.Rows - 1) / EntryBlocks.Rows;

    /// <summary>Writes some of the sample into blocks of their own.</summary>
    private void Fill(int block, int start, int end)
    {
        nuint stride = GraphRows.StrideOf(_length);
        var codes = (sbyte*)Unsafe.AsPointer(ref _codes.Start<sbyte>());
        int place = block * EntryBlocks.Rows;
        for (int i = start; i < end; i++, place++)
        {
            _blocks.Set(place, new ReadOnlySpan<sbyte>(codes + (nuint)(uint)i * stride, (int)_length), _factors[i]);
            _numbers[place] = Nodes[i];
        }
        for (; place % EntryBlocks.Rows != 0; place++)
            _blocks.SetNone(place);
    }

    /// <summary>Chooses the cells of the nearest pivots, as many as have enough nodes, and asks for their memory.</summary>
    /// <param name="distances">Of the pivots; overwritten.</param>
    /// <param name="cells">Receives the cells.</param>
    private int Choose(Span<float> distances, Span<int> cells)
    {
        int count = 0;
        for (int scored = 0; count < Math.Min(cells.Length, distances.Length) && scored < Scored; count++)
        {
            int cell = TensorPrimitives.IndexOfMin<float>(distances);
            distances[cell] = float.PositiveInfinity;
            cells[count] = cell;
            scored += _cells[cell + 1] - _cells[cell];
            _blocks.Touch(_cellBlocks[cell]);
        }
        return count;
    }
}
