using System.Runtime.CompilerServices;
using Inference.Vectors.Memory;
using Inference.Vectors.Search;

namespace Inference.Vectors.Graph;

/// <summary>How a graph is searched, whatever its layout.</summary>
/// <remarks>
/// <list type="number">
/// <item>Hold the memory, so that Dispose of the index cannot take it away, and rent scratch.</item>
/// <item>Bring the query in. Where the plan says so, score all eligible rows and be done.</item>
/// <item>Otherwise run a search of the graph to its end: alone, or taking turns with others of the same call.</item>
/// <item>Collect what it found; search again around hidden rows that crowded it; score all eligible rows after all if it gave up or found too few.</item>
/// </list>
/// A layout is called a few times for each search and never for a step, so that its loops are its own.
/// </remarks>
/// <typeparam name="TScratch">What up to <see cref="Together"/> searches that take turns work with, each under its place.</typeparam>
internal abstract class SearchableGraph<TScratch> : GraphIndex
    where TScratch : class
{
    /// <summary>Searches that take turns on a core.</summary>
    public const int Together = 8;

    private readonly MemoryBlock[] _memory;
    private readonly ScratchPool<TScratch> _scratch;

    /// <summary>Takes the memory and the entry points over.</summary>
    private protected SearchableGraph(int count, GraphSpace space, EntryLayer entries, RowBits? absent, params MemoryBlock[] memory)
        : base(count, space, entries, absent)
    {
        _memory = memory;
        _scratch = new ScratchPool<TScratch>(CreateScratch);
    }

    /// <inheritdoc/>
    public override long Bytes => _memory.Sum(static block => (long)block.Length) + Entries.Bytes;

    /// <summary>The index is constructed by the time it is called.</summary>
    private protected abstract TScratch CreateScratch();

    /// <summary>Brings a query in and keeps it under a place for what follows.</summary>
    private protected abstract void Prepare(TScratch scratch, int place, ReadOnlySpan<float> query);

    /// <summary>Begins a search of the graph.</summary>
    private protected abstract void Start(TScratch scratch, int place, in SearchPlan plan, bool alone);

    /// <summary>Runs searches to their ends; one started as alone, or several that were not.</summary>
    private protected abstract void Run(TScratch scratch, ReadOnlySpan<int> places);

    /// <inheritdoc cref="Candidates.IsCrowded"/>
    private protected abstract bool IsCrowded(TScratch scratch, int place);

    /// <inheritdoc cref="Candidates.IsExhausted"/>
    private protected abstract bool IsExhausted(TScratch scratch, int place);

    /// <summary>Writes what a search found and returns how many.</summary>
    private protected abstract int Collect(TScratch scratch, int place, in SearchPlan plan, Span<Neighbor> results);

    /// <summary>Scores all eligible rows, writes the nearest and returns how many.</summary>
    private protected abstract int Score(TScratch scratch, int place, RowFilter filter, Span<Neighbor> results);

    /// <summary>Scores rows that have vectors.</summary>
    private protected abstract void Score(TScratch scratch, int place, ReadOnlySpan<int> rows, Span<float> scores);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private protected sealed override int SearchOne(ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter, int width)
    {
        using Hold hold = TakeHold();
        if (Present == 0)
            return 0;
        TScratch scratch = _scratch.Rent();
        try
        {
            Prepare(scratch, 0, query);
            if (Plan(results.Length, filter, width) is not { } plan)
                return Score(scratch, 0, filter, results);
            Start(scratch, 0, plan, alone: true);
            Run(scratch, [0]);
            return Finish(scratch, 0, plan, results);
        }
        finally
        {
            _scratch.Return(scratch);
        }
    }

    private protected sealed override void SearchMany(Span<SearchRequest> requests, int width)
    {
        using Hold hold = TakeHold();
        TScratch scratch = _scratch.Rent();
        try
        {
            for (; requests.Length > 1; requests = requests[Math.Min(Together, requests.Length)..])
                SearchTogether(scratch, requests[..Math.Min(Together, requests.Length)], width);
        }
        finally
        {
            _scratch.Return(scratch);
        }
        base.SearchMany(requests, width);
    }

    private protected sealed override void ScoreRows(ReadOnlySpan<float> query, ReadOnlySpan<int> rows, Span<float> scores)
    {
        using Hold hold = TakeHold();
        foreach (int row in rows)
            ThrowIfWithoutVector(row);
        TScratch scratch = _scratch.Rent();
        try
        {
            Prepare(scratch, 0, query);
            Score(scratch, 0, rows, scores);
        }
        finally
        {
            _scratch.Return(scratch);
        }
    }

    /// <exception cref="ArgumentOutOfRangeException">It has none.</exception>
    private protected void ThrowIfWithoutVector(int row)
    {
        if (!HasVector(row))
            throw new ArgumentOutOfRangeException(nameof(row), row, "The index has no vector under this row number.");
    }

    private protected sealed override void ReleaseMemory()
    {
        base.ReleaseMemory();
        foreach (MemoryBlock block in _memory)
            block.Release();
    }

    /// <exception cref="ObjectDisposedException">The index is disposed.</exception>
    private protected Hold TakeHold()
    {
        ObjectDisposedException.ThrowIf(IsDisposed || !Entries.TryHold(), this);
        for (int held = 0; held < _memory.Length; held++)
        {
            if (_memory[held].TryHold())
                continue;
            while (held-- > 0)
                _memory[held].Release();
            Entries.Release();
            throw new ObjectDisposedException(GetType().FullName);
        }
        return new Hold(this);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SearchTogether(TScratch scratch, Span<SearchRequest> requests, int width)
    {
        Span<int> places = stackalloc int[Together];
        var plans = new PlanBuffer();
        int count = 0;
        for (int i = 0; i < requests.Length; i++)
        {
            ref SearchRequest request = ref requests[i];
            request.Found = 0;
            if (request.Results.IsEmpty || Present == 0)
                continue;
            Prepare(scratch, i, request.Query.Span);
            if (Plan(request.Results.Length, request.Filter, width) is { } plan)
            {
                plans[i] = plan;
                Start(scratch, i, plan, alone: false);
                places[count++] = i;
            }
            else
            {
                request.Found = Score(scratch, i, request.Filter, request.Results.Span);
            }
        }
        Run(scratch, places[..count]);
        foreach (int i in places[..count])
            requests[i].Found = Finish(scratch, i, plans[i], requests[i].Results.Span);
    }

    private int Finish(TScratch scratch, int place, in SearchPlan plan, Span<Neighbor> results)
    {
        if (IsCrowded(scratch, place))
        {
            SearchPlan around = Around(plan);
            Start(scratch, place, around, alone: true);
            Run(scratch, [place]);
            return Finish(scratch, place, around, results);
        }
        if (IsExhausted(scratch, place))
            return Score(scratch, place, plan.Filter, results);
        int found = Collect(scratch, place, plan, results);
        return IsShort(found, plan) ? Score(scratch, place, plan.Filter, results) : found;
    }

    /// <summary>The plans of searches that take turns.</summary>
    [InlineArray(Together)]
    private struct PlanBuffer
    {
        private SearchPlan _first;
    }

    /// <summary>A search's hold on the memory, which Dispose of the index cannot take from under it.</summary>
    private protected readonly ref struct Hold(SearchableGraph<TScratch> graph)
    {
        public void Dispose()
        {
            foreach (MemoryBlock block in graph._memory)
                block.Release();
            graph.Entries.Release();
        }
    }
}
