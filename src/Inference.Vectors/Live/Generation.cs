using Inference.Vectors.Search;

namespace Inference.Vectors.Live;

/// <summary>An index and where the log continues it: what a search holds from its start to its end.</summary>
/// <remarks>
/// <list type="number">
/// <item>The index holds every change before <see cref="Start"/>; the changes from there on are in the log.</item>
/// <item>A change hides its row in the index: it is appended, published, and then the row's bit is set (<see cref="Hide"/>). So a bit that a search has seen belongs to a
/// change that it finds published afterwards (<see cref="ReadEnd"/>).</item>
/// <item>The reverse takes a look: changes published while the index was searched may not have been hidden from it (<see cref="DropChanged"/>).</item>
/// </list>
/// </remarks>
internal sealed class Generation
{
    private readonly RowBits _hidden;
    private LogBlock _markedBlock;
    private long _marked;
    private long _end = long.MaxValue;
    private int _holders = 1;

    /// <param name="index">Disposed when the last holder lets go.</param>
    /// <param name="start">Where the log continues the index.</param>
    /// <param name="end">Behind the last change; those from the start on are hidden in the index.</param>
    public Generation(VectorIndex index, LogPosition start, LogPosition end)
    {
        Index = index;
        Start = start;
        _hidden = new RowBits(index.Count);
        foreach (LogRun run in start.To(end.Position))
        {
            for (int i = run.From; i < run.To; i++)
                _hidden.Add(run.Block.Row(i));
        }
        _markedBlock = end.Block;
        _marked = end.Position;
    }

    /// <summary>All changes before <see cref="Start"/>.</summary>
    public VectorIndex Index { get; }

    /// <summary>The first change that is not in the index.</summary>
    public LogPosition Start { get; }

    /// <summary>Up to where changes are hidden in the index for whoever begins to search it now.</summary>
    public LogPosition ReadMarked()
    {
        // The block first: it is noted last, so it is never ahead of the position.
        LogBlock block = Volatile.Read(ref _markedBlock);
        return new LogPosition(block, Volatile.Read(ref _marked));
    }

    /// <summary>What a search of the index may return that has read <paramref name="marked"/> before. Where nothing was hidden then, the filter itself: it costs less.</summary>
    public RowFilter Less(RowFilter filter, LogPosition marked) => marked.Position == Start.Position ? filter : filter.Less(_hidden);

    /// <summary>Whether a change since the index supersedes a row. False for rows behind those of the index.</summary>
    public bool Hides(int row) => _hidden.Contains(row);

    /// <summary>Hides the row of the change that was published last. The writer's, while this generation is the current one.</summary>
    /// <param name="row">Its row.</param>
    /// <param name="end">Behind the change.</param>
    public void Hide(int row, LogPosition end)
    {
        _hidden.Add(row);
        Volatile.Write(ref _marked, end.Position);
        Volatile.Write(ref _markedBlock, end.Block);
    }

    /// <summary>No change from here on belongs to this generation. The writer's, before the next generation takes a change.</summary>
    public void Close(long end) => Volatile.Write(ref _end, end);

    /// <summary>Up to where the search of a holder sees changes, read after it has searched the index.</summary>
    public long ReadEnd(ChangeLog log)
    {
        // Bits were set after their changes were published; this keeps the reads in the opposite order.
        Interlocked.MemoryBarrier();
        long count = log.Count;
        return Math.Min(count, Volatile.Read(ref _end));
    }

    /// <summary>Takes hits out whose rows have changed meanwhile, and keeps the order of the others.</summary>
    /// <param name="hits">Hits of the index.</param>
    /// <param name="marked">Read before the index was searched.</param>
    /// <param name="end">Read afterwards.</param>
    /// <returns>How many are left, at the front.</returns>
    public static int DropChanged(Span<Neighbor> hits, LogPosition marked, long end)
    {
        foreach (LogRun run in marked.To(end))
        {
            for (int i = run.From; i < run.To; i++)
            {
                int row = run.Block.Row(i);
                int at = 0;
                while (at < hits.Length && hits[at].Row != row)
                    at++;
                if (at == hits.Length)
                    continue;
                hits[(at + 1)..].CopyTo(hits[at..]);
                hits = hits[..^1];
            }
        }
        return hits.Length;
    }

    /// <summary>Becomes a holder, unless the generation is gone.</summary>
    public bool TryHold()
    {
        int holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            int seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
                return true;
            holders = seen;
        }
        return false;
    }

    /// <summary>Ends one hold; the last one disposes the index.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            Index.Dispose();
    }
}
