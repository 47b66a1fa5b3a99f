using System.Runtime.ExceptionServices;

namespace Inference.Vectors.Search;

/// <summary>Searches an index from many threads: while a core is free a search runs at once, and searches that have to wait for one share the next pass.</summary>
/// <remarks>
/// <para>Most kinds of index do several searches together for less than one after the other, but waiting for company costs time. So nobody waits who need not:</para>
/// <list type="number">
/// <item>While fewer passes run than there may be, a search is a pass of its own, on its own thread: nothing is added but one short lock.</item>
/// <item>Otherwise it joins the queue, and its thread sleeps.</item>
/// <item>A pass that ends hands its place to the first of the queue, who becomes the leader of the next pass. When its thread is awake, it takes along whoever stands in the queue by then
/// with the same width, first come first, up to the size of a batch, does the searches together, and wakes their threads.</item>
/// <item>If the queue is empty, the place is free again.</item>
/// </list>
/// <para>There is no timer and no thread of its own. A place is either free, in which case the queue is empty, or belongs to a running pass or an awakened leader, who passes it on; so nobody
/// is left waiting. What a pass throws, each of its callers gets. Holds nothing that has to be disposed: if the index is disposed, those who wait get its
/// <see cref="ObjectDisposedException"/> in their turn. Allocates nothing once as many have waited at once as ever will.</para>
/// </remarks>
public sealed class ConcurrentSearch
{
    /// <summary>Searches that a scan does in one pass over the rows.</summary>
    private const int ScanBatch = 4;

    /// <summary>Searches that a graph interleaves on a core.</summary>
    private const int GraphBatch = 8;

    private readonly ISearchable _index;
    private readonly int _batch;
    private readonly int _passes;
    private readonly Lock _lock = new();
    private int _running;
    private Waiter? _first;
    private Waiter? _last;
    private Waiter? _spare;

    /// <summary>Over a frozen index.</summary>
    /// <param name="index">What is searched. Stays the caller's to dispose.</param>
    /// <param name="passes">Most passes that run at once, the cores that searches may have; 0 for all of the machine.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative number of passes.</exception>
    public ConcurrentSearch(VectorIndex index, int passes = 0)
        : this((ISearchable)index, passes)
    {
    }

    /// <summary>Over a live index.</summary>
    /// <inheritdoc cref="ConcurrentSearch(VectorIndex, int)"/>
    public ConcurrentSearch(LiveIndex index, int passes = 0)
        : this((ISearchable)index, passes)
    {
    }

    private ConcurrentSearch(ISearchable index, int passes)
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentOutOfRangeException.ThrowIfNegative(passes);
        _index = index;
        _passes = passes > 0 ? passes : Environment.ProcessorCount;
        _batch = index.Kind is IndexKind.Flat or IndexKind.Exact ? ScanBatch : GraphBatch;
    }

    /// <summary>Searches that wait for a pass, at this moment.</summary>
    internal int Waiting
    {
        get
        {
            lock (_lock)
            {
                int count = 0;
                for (Waiter? waiter = _first; waiter is not null; waiter = waiter.Next)
                    count++;
                return count;
            }
        }
    }

    /// <summary>Finds what <see cref="VectorIndex.Search(ReadOnlySpan{float}, Span{Neighbor}, RowFilter, int)"/> finds. Blocks until it is done.</summary>
    /// <param name="query">To be left alone until the call returns, as are the sets of the filter.</param>
    /// <param name="results">Where the neighbours go, best first.</param>
    /// <param name="filter">Which rows are eligible.</param>
    /// <param name="width">How many candidates a graph keeps; 0 is its own choice.</param>
    /// <returns>How many neighbours were written.</returns>
    /// <inheritdoc cref="VectorIndex.Search(ReadOnlySpan{float}, Span{Neighbor}, RowFilter, int)" path="/exception"/>
    public int Search(ReadOnlyMemory<float> query, Memory<Neighbor> results, RowFilter filter = default, int width = 0)
    {
        if (TryTakePlace())
            return SearchAlone(query.Span, results.Span, filter, width);
        // What would make a whole pass fail has to be found before others join it.
        ArgumentOutOfRangeException.ThrowIfNegative(width);
        _index.ThrowIfUnfit(query.Span, filter);
        return Enqueue(new SearchRequest(query, results, filter), width) is { } waiter ? Wait(waiter) : SearchAlone(query.Span, results.Span, filter, width);
    }

    private bool TryTakePlace()
    {
        lock (_lock)
        {
            if (_running == _passes)
                return false;
            _running++;
            return true;
        }
    }

    private int SearchAlone(ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter, int width)
    {
        try
        {
            return _index.Search(query, results, filter, width);
        }
        finally
        {
            PassOn();
        }
    }

    private int Wait(Waiter waiter)
    {
        waiter.Sleep();
        if (waiter.IsLeader)
            Lead(waiter);
        int found = waiter.Request.Found;
        ExceptionDispatchInfo? error = waiter.Error;
        lock (_lock)
        {
            waiter.Clear();
            waiter.Next = _spare;
            _spare = waiter;
        }
        error?.Throw();
        return found;
    }

    /// <summary>Does the leader's search and those of whoever it takes along.</summary>
    private void Lead(Waiter leader)
    {
        int count;
        lock (_lock)
            count = TakeAlong(leader, leader.Batch);
        Span<Waiter> batch = leader.Batch.AsSpan(0, count);
        Span<SearchRequest> requests = leader.Requests.AsSpan(0, count);
        for (int i = 0; i < count; i++)
            requests[i] = batch[i].Request;
        try
        {
            _index.Search(requests, leader.Width);
            for (int i = 0; i < count; i++)
                batch[i].Request.Found = requests[i].Found;
        }
        catch (Exception e)
        {
            // Not this thread's to handle: it goes to every caller of the pass, this one among them.
            var error = ExceptionDispatchInfo.Capture(e);
            foreach (Waiter waiter in batch)
                waiter.Error = error;
        }
        // The place first: the next pass can start while the threads of this one wake up.
        PassOn();
        requests.Clear();
        foreach (Waiter waiter in batch)
        {
            if (waiter != leader)
                waiter.Wake();
        }
        batch.Clear();
    }

    /// <summary>Ends a pass: its place goes to the first of the queue, or is free.</summary>
    private void PassOn()
    {
        Waiter? next;
        lock (_lock)
        {
            next = _first;
            if (next is null)
            {
                _running--;
                return;
            }
            Remove(next, before: null);
            next.IsLeader = true;
        }
        next.Wake();
    }

    /// <summary>Joins the queue; null if a place has become free meanwhile, which is then the caller's.</summary>
    private Waiter? Enqueue(SearchRequest request, int width)
    {
        lock (_lock)
        {
            if (_running < _passes)
            {
                _running++;
                return null;
            }
            Waiter waiter = _spare ?? new Waiter(_batch);
            _spare = waiter.Next;
            waiter.Next = null;
            waiter.Request = request;
            waiter.Width = width;
            if (_last is null)
                _first = waiter;
            else
                _last.Next = waiter;
            _last = waiter;
            return waiter;
        }
    }

    /// <summary>Under the lock: fills a batch with the leader and those of the queue whose width is the same.</summary>
    private int TakeAlong(Waiter leader, Waiter[] batch)
    {
        int count = 0;
        batch[count++] = leader;
        Waiter? before = null;
        for (Waiter? waiter = _first, next; waiter is not null && count < batch.Length; waiter = next)
        {
            next = waiter.Next;
            if (waiter.Width == leader.Width)
            {
                Remove(waiter, before);
                batch[count++] = waiter;
            }
            else
            {
                before = waiter;
            }
        }
        return count;
    }

    /// <summary>Under the lock: takes one out of the queue, given the one before it.</summary>
    private void Remove(Waiter waiter, Waiter? before)
    {
        if (before is null)
            _first = waiter.Next;
        else
            before.Next = waiter.Next;
        if (_last == waiter)
            _last = before;
        waiter.Next = null;
    }

    /// <summary>One search in the queue, and its sleeping thread. Used again and again.</summary>
    /// <param name="batchSize">Searches of a pass that it may have to lead.</param>
    private sealed class Waiter(int batchSize)
    {
        private readonly object _wake = new();
        private bool _isAwake;

        /// <summary>The next of the queue, or of those that are not in use.</summary>
        public Waiter? Next;

        public SearchRequest Request;

        public int Width;

        public bool IsLeader;

        public ExceptionDispatchInfo? Error;

        /// <summary>Room for the passes that it leads.</summary>
        public readonly Waiter[] Batch = new Waiter[batchSize];

        public readonly SearchRequest[] Requests = new SearchRequest[batchSize];

        public void Sleep()
        {
            lock (_wake)
            {
                while (!_isAwake)
                    Monitor.Wait(_wake);
            }
        }

        public void Wake()
        {
            lock (_wake)
            {
                _isAwake = true;
                Monitor.Pulse(_wake);
            }
        }

        /// <summary>Forgets the search, so that nothing of the caller's is kept alive.</summary>
        public void Clear()
        {
            Request = default;
            IsLeader = false;
            Error = null;
            _isAwake = false;
        }
    }
}
