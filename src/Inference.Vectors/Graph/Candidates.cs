using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Inference.Vectors.Graph.Kernels;
using Inference.Vectors.Search;

namespace Inference.Vectors.Graph;

/// <summary>How far a search of a graph looks.</summary>
/// <param name="Width">Candidates that are kept; with a filter, eligible ones.</param>
/// <param name="Wanted">Results.</param>
/// <param name="Filter">Which rows are eligible.</param>
/// <param name="IsFiltered">Whether the caller's filter leaves anything out; rows that later changes hide are few, and are only kept from the results.</param>
/// <param name="Absent">Rows of the index without a vector; null for none.</param>
/// <param name="Count">Rows of the index.</param>
/// <param name="MostSteps">Nodes that may be expanded before the search gives up.</param>
internal readonly record struct SearchPlan(int Width, int Wanted, RowFilter Filter, bool IsFiltered, RowBits? Absent, int Count, int MostSteps)
{
    /// <summary>Denied rows that are few.</summary>
    public const int FewDenied = 128;

    /// <summary>Whether the filter denies rows, and few.</summary>
    public bool DeniesFew => Filter.Denied is { Count: > 0 and <= FewDenied };
}

/// <summary>The queue of a search: which nodes to expand, and when to stop.</summary>
/// <remarks>
/// <para>Without a filter the queue keeps the nearest <c>width</c> nodes, and the search ends when all of them are expanded.</para>
/// <para>With a filter the graph is walked through nodes that are not eligible as well, or it would fall apart. Then a second list keeps the nearest <c>width</c> eligible
/// nodes; only nodes nearer than its last one get into the queue, and the search ends when the queue has none. So the effort adapts itself to how many of the rows near
/// the query are eligible: many, and it hardly looks further than a search without filter; few, and it looks as far as it must, until it gives up and the caller scores
/// all eligible rows instead.</para>
/// <para>A filter that denies a few rows, as what one user has seen, costs little more than none: of the nearest <c>width</c> and as many as are denied, <c>width</c> at least are eligible, so the queue need not keep more. And whether a node is
/// denied its <see cref="RowSignature"/> tells most often without a look at the set: the bitmap of a million rows is in no cache, and asking it of each node took a third of a search.</para>
/// </remarks>
internal unsafe struct Candidates
{
    /// <summary>Nodes that a filtered search keeps in its queue.</summary>
    private const int MostQueued = 4096;

    private SortedKeys _queue;
    private SortedKeys _eligible;
    private RowFilter _filter;
    private RowBits? _absent;
    private RowSet? _denied;
    private RowSignature _signature;
    private bool _isFiltered, _asks;
    private int _count, _mostSteps, _queued, _sure;

    /// <summary>Nodes expanded.</summary>
    public int Steps { get; private set; }

    /// <summary>Whether the search ended because it was not allowed more steps, or could not keep more nodes: what it found is then not what there is.</summary>
    public bool IsExhausted { get; private set; }

    /// <summary>Whether rows that later changes hide took so many places that the search did not look as far as it was to.</summary>
    public readonly bool IsCrowded
    {
        get
        {
            if (_isFiltered || _filter.Hidden is null)
                return false;
            int hidden = 0;
            for (int i = 0; i < _queue.Count; i++)
                hidden += IsEligible(SortedKeys.NodeOf(_queue[i])) ? 0 : 1;
            return hidden > _queue.Count / 4;
        }
    }

    /// <summary>Distances from here on do not get in.</summary>
    public readonly float Limit
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _isFiltered && _eligible.Limit < _queue.Limit ? _eligible.Limit : _queue.Limit;
    }

    /// <summary>The nearest that were found, of the eligible ones if there is a filter.</summary>
    [UnscopedRef]
    public readonly ref readonly SortedKeys Nearest => ref _isFiltered ? ref _eligible : ref _queue;

    public void Start(SearchScratch scratch, in SearchPlan plan)
    {
        _filter = plan.Filter;
        _absent = plan.Absent;
        _isFiltered = plan.IsFiltered;
        _denied = null;
        if (plan.DeniesFew)
        {
            _denied = plan.Filter.Denied!;
            _signature = _denied.Signature;
            _filter = plan.Filter.WithoutDenied();
        }

        _asks = _filter.Allowed is not null || _filter.Denied is not null || _filter.Hidden is not null;
        _count = plan.Count;
        _mostSteps = plan.MostSteps;
        Steps = 0;
        IsExhausted = false;
        int queued = !_isFiltered ? plan.Width
            : _denied is not null && !_asks ? plan.Width + _denied.Count
            : Math.Max(plan.Width, Math.Min(MostQueued, plan.MostSteps));
        _queue = new SortedKeys(scratch.Frontier(queued));
        _queue.Reset(queued);
        _queued = queued;
        _sure = Math.Min(plan.Width, 4 * plan.Wanted);
        if (_isFiltered)
        {
            _eligible = new SortedKeys(scratch.Eligible(plan.Width));
            _eligible.Reset(plan.Width);
        }
    }

    /// <summary>Whether there is such a node: a file whose checksums nobody verified may say anything.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Exists(int node) => (uint)node < (uint)_count;

    /// <summary>Whether a node may be a result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool IsEligible(int node) => !IsDenied(node) && (!_asks || new EligibleRows(_filter, _absent, _count).Contains(node));

    /// <summary>Whether a node is one of the few that are denied.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly bool IsDenied(int node) => _denied is not null && _signature.MayContain(node) && _denied.Contains(node);

    /// <summary>
    /// Whether the queue dropped nodes while too few eligible ones are as near as those that it kept. Others that were met on the way do not count: there are nearer ones that
    /// were not looked at.
    /// </summary>
    private readonly bool IsShortOfEligible =>
        _queue.Count == _queued && (_eligible.Count < _sure || SortedKeys.DistanceOf(_eligible[_sure - 1]) > _queue.Limit);

    /// <summary>Takes a node into account whose distance is below the limit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Insert<TKernels>(float distance, int node)
        where TKernels : struct, IGraphKernels
    {
        if (_isFiltered && distance < _eligible.Limit && IsEligible(node))
            _eligible.Insert<TKernels>(distance, node);
        _queue.Insert<TKernels>(distance, node);
    }

    /// <summary>The next node to expand; −1 when the search has ended.</summary>
    public int Expand() => Expand(out _);

    /// <summary>As <see cref="Expand()"/>, with the key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Expand(out ulong key)
    {
        int node = _queue.Expand(out key);
        if (node < 0)
        {
            IsExhausted = _isFiltered && IsShortOfEligible;
            return -1;
        }
        if (_isFiltered)
        {
            if (SortedKeys.DistanceOf(key) > _eligible.Limit)
                return -1;
            if (Steps >= _mostSteps)
            {
                IsExhausted = true;
                return -1;
            }
        }
        Steps++;
        return node;
    }

    /// <summary>The node that would be next if nothing came between; −1 when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Peek() => _queue.Peek();
}
