using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Inference.Vectors.Graph.Kernels;

namespace Inference.Vectors.Graph.Fast;

/// <summary>One best-first search over the records of the fast layout.</summary>
/// <remarks>
/// A step:
/// <list type="number">
/// <item>take the nearest node that was not expanded; compute its exact distance and offer it to the results;</item>
/// <item>estimate the distances of its neighbours from their codes in the same record;</item>
/// <item>put those into the queue that are near enough and were not there before;</item>
/// <item>choose the next node.</item>
/// </list>
/// Meanwhile a step asks for the lines of a record that is going to be read, a part now and a part then, because the core can wait for hardly more lines at once than a
/// record has: of the record of another search (<see cref="FastTurns"/>), or, in a search that is alone on its core, of the node that comes after the next one.
/// See <see cref="Candidates"/> for what a filter changes.
/// </remarks>
internal unsafe struct FastBeam<TKernels>
    where TKernels : struct, IGraphKernels
{
    public SortedKeys Results;
    private readonly SearchScratch _scratch;
    private readonly RecordLayout _layout;
    private readonly GraphSpace _space;
    private readonly bool _squaredL2;
    private readonly float _half;
    private Candidates _candidates;
    private byte* _records;
    private float* _query;
    private sbyte* _codes;
    private short* _words;
    private int* _sums;
    private float _step, _offset;
    private VisitedSet _visited;
    private int _next, _ahead;
    private bool _alone;

    /// <param name="scratch">Used by this search alone.</param>
    /// <param name="layout">Of the records.</param>
    /// <param name="space">Of the vectors.</param>
    public FastBeam(SearchScratch scratch, RecordLayout layout, GraphSpace space)
    {
        _scratch = scratch;
        _layout = layout;
        _space = space;
        _squaredL2 = space.SquaredL2;
        _half = ((1 << layout.Bits) - 1) / 2f;
    }

    /// <inheritdoc cref="Candidates.IsCrowded"/>
    public readonly bool IsCrowded => _candidates.IsCrowded;

    /// <summary>The record that the caller is to ask for while it does other steps: the next one of a search that takes turns, the one after it of a search alone; null for none.</summary>
    public byte* Coming { get; private set; }

    /// <summary>Nodes expanded.</summary>
    public readonly int Steps => _candidates.Steps;

    /// <summary>Whether the search gave up because it took more steps than it was allowed; its results are then worthless.</summary>
    public readonly bool IsExhausted => _candidates.IsExhausted;

    /// <summary>Begins a search.</summary>
    /// <param name="records">Held by the caller until the search has ended.</param>
    /// <param name="query">The query, turned; copied.</param>
    /// <param name="plan">How far to look.</param>
    /// <param name="entries">Where to begin.</param>
    /// <param name="alone">Whether no other search takes turns with this one.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Start(byte* records, ReadOnlySpan<float> query, in SearchPlan plan, EntryLayer entries, bool alone)
    {
        _records = records;
        _alone = alone;
        Prepare(query);
        Span<int> nodes = stackalloc int[EntryLayer.Begin];
        Span<float> distances = stackalloc float[EntryLayer.Begin];
        float scale = GraphRows.Quantise(query, GraphRows.QueryMagnitude(_layout.Length), new Span<short>(_words, query.Length));
        new Span<short>(_words + query.Length, (int)_layout.Length - query.Length).Clear();
        int count = entries.Nearest<TKernels>(_words, scale, _squaredL2, nodes, distances);
        float shift = _squaredL2 ? TensorPrimitives.SumOfSquares(query) : 0;
        _candidates.Start(_scratch, plan);
        Results = new SortedKeys(_scratch.Results(plan.Wanted));
        Results.Reset(plan.Wanted);
        _scratch.Start(ref _visited, plan.Width, perStep: 16);
        for (int i = 0; i < count; i++)
        {
            if (_visited.Add(nodes[i]))
                _candidates.Insert<TKernels>(distances[i] + shift, nodes[i]);
        }
        _ahead = -1;
        if (Advance() && !alone)
            Prefetch(_records + (nuint)(uint)_next * _layout.Bytes, 0, _layout.Bytes);
    }

    /// <summary>One step; false when the search has ended.</summary>
    /// <param name="coming">A record to ask for meanwhile; null for none.</param>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Step(byte* coming)
    {
        int node = _next;
        if (node < 0)
            return false;
        nuint part = _layout.Bytes / 4;
        Prefetch(coming, 0, part);
        if (_visited.IsFull)
            _scratch.Grow(ref _visited);
        byte* record = _records + (nuint)(uint)node * _layout.Bytes;
        var numbers = (int*)(record + _layout.Numbers);
        var factors = (ushort*)(record + _layout.Factors);
        float distance = Distance(record, out float slope);
        if (distance < Results.Limit && _candidates.IsEligible(node))
            Results.Insert<TKernels>(distance, node);
        Prefetch(coming, part, 2 * part);
        int* sums = _sums;
        var estimates = (float*)(_sums + IGraphKernels.Slots);
        if (_layout.Bits == 2)
            TKernels.Sums2(_codes, record + _layout.Codes, _layout.Length, sums);
        else
            TKernels.Sums4(_codes, record + _layout.Codes, _layout.Length, sums);
        Prefetch(coming, 2 * part, 3 * part);
        uint near = TKernels.Estimate(sums, factors, new EstimateLine(distance, slope, _offset, _step), _candidates.Limit, estimates);
        Prefetch(coming, 3 * part, _layout.Bytes);
        for (; near != 0; near &= near - 1)
        {
            int slot = BitOperations.TrailingZeroCount(near);
            if (estimates[slot] < _candidates.Limit && _candidates.Exists(numbers[slot]) && _visited.Add(numbers[slot]))
                _candidates.Insert<TKernels>(estimates[slot], numbers[slot]);
        }
        return Advance();
    }

    /// <summary>Asks for the whole of <see cref="Coming"/>.</summary>
    public readonly void PrefetchComing() => Prefetch(Coming, 0, _layout.Bytes);

    /// <summary>Asks for the ends of <see cref="Coming"/>, and so for the translation of its addresses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void TouchComing()
    {
        if (!Sse.IsSupported || Coming == null)
            return;
        Sse.Prefetch1(Coming);
        Sse.Prefetch1(Coming + _layout.Bytes - 64);
    }

    /// <summary>Offers a row to the results without any graph.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Offer(int node)
    {
        float distance = DistanceOf(node);
        if (distance < Results.Limit)
            Results.Insert<TKernels>(distance, node);
    }

    /// <summary>The exact distance of a node.</summary>
    public readonly float DistanceOf(int node) => Distance(_records + (nuint)(uint)node * _layout.Bytes, out _);

    /// <summary>Asks the caches for the vector of a node.</summary>
    public readonly void PrefetchVector(int node)
    {
        if (!Sse.IsSupported)
            return;
        byte* record = _records + (nuint)(uint)node * _layout.Bytes;
        for (nuint line = 0; line < _layout.Codes; line += 64)
            Sse.Prefetch0(record + line);
        Sse.Prefetch0(record + _layout.Bytes - 64);
    }

    /// <summary>Begins a search that only scores: see <see cref="Offer"/> and <see cref="DistanceOf"/>.</summary>
    public void StartScoring(byte* records, ReadOnlySpan<float> query, int wanted)
    {
        _records = records;
        Prepare(query);
        Results = new SortedKeys(_scratch.Results(wanted));
        Results.Reset(wanted);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly float Distance(byte* record, out float slope)
    {
        float scale = BitConverter.Int32BitsToSingle(((int*)(record + _layout.Numbers))[IGraphKernels.Slots - 1]);
        if (_squaredL2)
        {
            slope = 1;
            return _space.Bound(TKernels.SquaredL2(_query, (short*)record, scale, _layout.Length));
        }
        float distance = 0 - scale * TKernels.Dot(_query, (short*)record, _layout.Length);
        slope = distance * RecordLayout.Widen(((ushort*)(record + _layout.Factors))[2 * IGraphKernels.Slots - 1]);
        return _space.Bound(distance);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Prepare(ReadOnlySpan<float> query)
    {
        nuint length = _layout.Length;
        nuint fixedBytes = length * (sizeof(float) + sizeof(short) + sizeof(sbyte));
        byte* memory = _scratch.Query(fixedBytes + 2 * IGraphKernels.Slots * sizeof(int));
        _query = (float*)memory;
        _words = (short*)(memory + length * sizeof(float));
        _codes = (sbyte*)(memory + length * (sizeof(float) + sizeof(short)));
        _sums = (int*)(memory + fixedBytes);
        var padded = new Span<float>(_query, (int)length);
        query.CopyTo(padded);
        padded[query.Length..].Clear();
        var codes = new Span<sbyte>(_codes, (int)length);
        _step = GraphRows.Quantise(padded, sbyte.MaxValue, codes);
        int sum = 0;
        foreach (sbyte code in codes)
            sum += code;
        _offset = _half * sum;
    }

    /// <summary>Chooses the next node.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Advance()
    {
        _next = _candidates.Expand();
        int coming = _next;
        if (_alone && _next >= 0)
        {
            if (_next != _ahead)
                Prefetch(_records + (nuint)(uint)_next * _layout.Bytes, 0, _layout.Bytes);
            coming = _ahead = _candidates.Peek();
        }
        Coming = coming >= 0 ? _records + (nuint)(uint)coming * _layout.Bytes : null;
        return _next >= 0;
    }

    /// <summary>Asks for a part of a record, into the second-level cache: the first level holds too few of them.</summary>
    /// <param name="record">Null for none.</param>
    /// <param name="start">Offset of the first byte.</param>
    /// <param name="end">Behind the last byte.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* record, nuint start, nuint end)
    {
        if (!Sse.IsSupported || record == null)
            return;
        for (nuint line = start; line < end; line += 64)
            Sse.Prefetch1(record + line);
    }
}
