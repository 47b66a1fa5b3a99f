using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Inference.Vectors.Graph.Kernels;

namespace Inference.Vectors.Graph;

/// <summary>One best-first search over rows of 8-bit codes: what builds the graph, and what searches its compact layout.</summary>
/// <remarks>
/// A step is done in two halves, so that several searches on one core can take turns and wait for memory together:
/// <list type="number">
/// <item><see cref="Expand"/> takes the nearest node that was not expanded, reads its links, drops those that were seen, and asks for the rows of the others;</item>
/// <item><see cref="Absorb"/> computes their distances, puts the near ones into the queue, and asks for the links of the next node.</item>
/// </list>
/// Memory is asked for into the second-level cache: the first level can wait for fewer lines at once than the rows of a step have, and the search would wait with it.
/// Distances are bias + factor·dot: for L2 |x|² − 2⟨q,x⟩, which leaves out |q|²; for inner product −⟨q,x⟩.
/// </remarks>
internal unsafe struct CodeBeam<TKernels, TLinks>
    where TKernels : struct, IGraphKernels
    where TLinks : struct, ILinks
{
    private const int MaxLinks = 64;

    private Candidates _candidates;
    private readonly SearchScratch _scratch;
    private readonly TLinks _links;
    private readonly sbyte* _codes;
    private readonly RowFactor* _factors;
    private readonly nuint _stride, _length;
    private readonly float _normWeight;
    private short* _query;
    private float _productWeight;
    private VisitedSet _visited;
    private fixed int _pending[MaxLinks];
    private int _pendingCount;
    private ulong* _trace;
    private int _traceRoom, _traceCount;

    /// <param name="scratch">Used by this search alone.</param>
    /// <param name="links">The graph.</param>
    /// <param name="codes">8-bit rows.</param>
    /// <param name="factors">Scale and squared length of each row.</param>
    /// <param name="stride">Bytes from row to row.</param>
    /// <param name="length">Elements of the padded query.</param>
    /// <param name="squaredL2">Otherwise inner product.</param>
    public CodeBeam(SearchScratch scratch, TLinks links, sbyte* codes, RowFactor* factors, nuint stride, nuint length, bool squaredL2)
    {
        _scratch = scratch;
        _links = links;
        _codes = codes;
        _factors = factors;
        _stride = stride;
        _length = length;
        _normWeight = squaredL2 ? 1 : 0;
        _productWeight = squaredL2 ? -2 : -1;
    }

    /// <summary>Begins a search.</summary>
    /// <param name="query">Padded 16-bit codes, which must stay where they are.</param>
    /// <param name="scale">What brings them back.</param>
    /// <param name="plan">How far to look.</param>
    public void Start(short* query, float scale, in SearchPlan plan)
    {
        _query = query;
        _productWeight = (_normWeight != 0 ? -2 : -1) * scale;
        _candidates.Start(_scratch, plan);
        _scratch.Start(ref _visited, plan.Width, perStep: 32);
        _pendingCount = 0;
    }

    /// <summary>The nearest that were found.</summary>
    [UnscopedRef]
    public readonly ref readonly SortedKeys Nearest => ref _candidates.Nearest;

    /// <summary>Whether a node may be a result.</summary>
    public readonly bool IsEligible(int node) => _candidates.IsEligible(node);

    /// <summary>Whether the search gave up because it took more steps than it was allowed.</summary>
    public readonly bool IsExhausted => _candidates.IsExhausted;

    /// <inheritdoc cref="Candidates.IsCrowded"/>
    public readonly bool IsCrowded => _candidates.IsCrowded;

    /// <summary>Nodes expanded.</summary>
    public readonly int Steps => _candidates.Steps;

    /// <summary>Nodes that were expanded, with their distances, as far as the search was asked to keep them.</summary>
    public readonly ReadOnlySpan<ulong> Trace => new(_trace, _traceCount);

    /// <summary>Keeps the first <paramref name="room"/> nodes that are expanded.</summary>
    public void KeepTrace(int room)
    {
        _trace = _scratch.Trace(room);
        _traceRoom = room;
        _traceCount = 0;
    }

    /// <summary>Takes nodes into account from where the search is to begin.</summary>
    public void Seed(ReadOnlySpan<int> nodes)
    {
        foreach (int node in nodes)
        {
            if (!_visited.Add(node))
                continue;
            _pending[_pendingCount++] = node;
            if (_pendingCount == MaxLinks)
                Absorb();
        }
        Absorb();
    }

    /// <summary>The first half of a step; false when the search has ended.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Expand()
    {
        int node = _candidates.Expand(out ulong key);
        if (node < 0)
            return false;
        if (_traceCount < _traceRoom)
            _trace[_traceCount++] = key;
        if (_visited.IsFull)
            _scratch.Grow(ref _visited);
        int* read = stackalloc int[MaxLinks];
        int count = _links.Read(node, read), fresh = 0;
        for (int i = 0; i < count; i++)
        {
            int neighbour = read[i];
            if (!_candidates.Exists(neighbour) || !_visited.Add(neighbour))
                continue;
            _pending[fresh++] = neighbour;
            if (Sse.IsSupported)
            {
                sbyte* row = _codes + (nuint)(uint)neighbour * _stride;
                for (nuint line = 0; line < _stride; line += 64)
                    Sse.Prefetch1(row + line);
                Sse.Prefetch1(_factors + neighbour);
            }
        }
        _pendingCount = fresh;
        return true;
    }

    /// <summary>The second half of a step.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Absorb()
    {
        int count = _pendingCount;
        int* dots = stackalloc int[MaxLinks];
        fixed (int* pending = _pending)
        {
            TKernels.DotRows(_query, _codes, _stride, _length, pending, (nuint)count, dots);
            for (int i = 0; i < count; i++)
            {
                RowFactor factor = _factors[pending[i]];
                float distance = _normWeight * factor.SquaredNorm + _productWeight * factor.Scale * dots[i];
                if (distance < _candidates.Limit)
                    _candidates.Insert<TKernels>(distance, pending[i]);
            }
        }
        _pendingCount = 0;
        int next = _candidates.Peek();
        if (next >= 0)
            _links.Prefetch(next);
    }
}
