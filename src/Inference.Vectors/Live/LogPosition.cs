namespace Inference.Vectors.Live;

/// <summary>A place between two changes.</summary>
/// <param name="Block">Holds the change behind it, or comes before the block that does.</param>
/// <param name="Position">Changes of the log before it.</param>
internal readonly record struct LogPosition(LogBlock Block, long Position)
{
    /// <summary>The changes from here to a position that is published, block by block.</summary>
    public LogRuns To(long end) => new(this, end);
}

/// <summary>Changes <paramref name="From"/> … <paramref name="To"/> − 1 of a block.</summary>
internal readonly record struct LogRun(LogBlock Block, int From, int To);

/// <summary>Walks over a part of the log.</summary>
internal struct LogRuns(LogPosition start, long end)
{
    private LogBlock _block = start.Block;
    private long _position = start.Position;

    public LogRun Current { get; private set; }

    public readonly LogRuns GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_position >= end)
            return false;
        while (_position - _block.First >= _block.Capacity)
            _block = _block.Next!;
        int to = (int)Math.Min(end - _block.First, _block.Capacity);
        Current = new LogRun(_block, (int)(_position - _block.First), to);
        _position = _block.First + to;
        return true;
    }
}
