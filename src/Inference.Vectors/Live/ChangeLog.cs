using Inference.Vectors.Exact;
using Inference.Vectors.Search;

namespace Inference.Vectors.Live;

/// <summary>All changes in their order: an append-only log with one writer at a time and any number of readers that never wait.</summary>
/// <remarks>Members but <see cref="Count"/>, <see cref="LargestInverse"/> and <see cref="Queries"/> are the writer's, under its lock.</remarks>
internal sealed class ChangeLog
{
    private readonly int _dimension;
    private readonly Metric _metric;
    private readonly double[] _scratch;
    private readonly Dictionary<int, LogPosition> _latest = [];
    private LogBlock _last;
    private long _count;
    private float _largestInverse = 1;

    /// <param name="dimension">Elements of a vector.</param>
    /// <param name="metric">How vectors are compared.</param>
    public ChangeLog(int dimension, Metric metric)
    {
        _dimension = dimension;
        _metric = metric;
        _scratch = new double[dimension];
        _last = new LogBlock(0, dimension, metric);
        int stride = _last.Stride, groups = _last.Groups;
        Queries = new ScratchPool<ScanQuery>(() => new ScanQuery(dimension, stride, groups));
    }

    /// <summary>Coded queries of past searches.</summary>
    public ScratchPool<ScanQuery> Queries { get; }

    /// <summary>The largest 1 ∕ |x| of published changes or more, at least 1, for cosine; otherwise 1.</summary>
    public float LargestInverse => Volatile.Read(ref _largestInverse);

    /// <summary>Changes that are published: whoever has read it may read them.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Behind the last change.</summary>
    public LogPosition End => new(_last, _count);

    /// <summary>Appends and publishes a change.</summary>
    /// <inheritdoc cref="LogBlock.Write" path="/param"/>
    public void Append(int row, ReadOnlySpan<float> vector, float inverseNorm)
    {
        if (_count - _last.First == _last.Capacity)
        {
            var block = new LogBlock(_count, _dimension, _metric);
            _last.Next = block;
            _last = block;
        }
        _last.Write((int)(_count - _last.First), row, vector, inverseNorm, _scratch);
        Volatile.Write(ref _largestInverse, Math.Max(_largestInverse, inverseNorm));
        if (_latest.TryGetValue(row, out LogPosition previous))
            previous.Block.Supersede((int)(previous.Position - previous.Block.First), _count);
        _latest[row] = End;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>The latest change of a row since what was forgotten.</summary>
    /// <param name="row">The row.</param>
    /// <param name="position">The change lies in its block.</param>
    public bool TryLatest(int row, out LogPosition position) => _latest.TryGetValue(row, out position);

    /// <summary>Forgets changes that are merged, so that their blocks can go.</summary>
    /// <param name="start">The first change to keep.</param>
    public void Forget(LogPosition start)
    {
        _latest.Clear();
        foreach (LogRun run in start.To(_count))
        {
            for (int i = run.From; i < run.To; i++)
                _latest[run.Block.Row(i)] = new LogPosition(run.Block, run.Block.First + i);
        }
    }
}
