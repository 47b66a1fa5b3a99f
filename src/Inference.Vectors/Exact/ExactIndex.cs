using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Inference.Vectors.Exact;
using Inference.Vectors.Kernels;
using Inference.Vectors.Memory;
using Inference.Vectors.Search;

namespace Inference.Vectors;

/// <summary>Finds the best rows of a matrix by scoring all that are eligible: exact, and the yardstick of every approximate index.</summary>
/// <remarks>
/// <para>Scores are fp32 sums in the fixed order of <see cref="KernelSet"/>, so scores and ranking are the same on every machine and vector width, and the same from
/// <see cref="Search"/> and both Score methods. "Exact" means: the true ranking wherever scores differ by more than the rounding bound given there.</para>
/// <para>Safe for concurrent callers. A search allocates nothing once the pool is warm. A row or query whose length is below the smallest normal float (1.2e-38)
/// counts as zero in cosine. Scores that overflow rank as −∞ (−1 in cosine), or +∞.</para>
/// </remarks>
public sealed class ExactIndex : IDisposable
{
    /// <summary>Queries up to this many elements are prepared on the stack.</summary>
    private const int StackElements = 1024;

    /// <summary>Room to move the start of the prepared query to a cache line.</summary>
    private const int AlignmentSlack = (int)AlignedFloats.Alignment / sizeof(float);

    private readonly AlignedFloats _memory;
    private readonly float[] _inverseNorms;
    private readonly int _stride;
    private int _disposed;

    /// <summary>Makes an index over <paramref name="rows"/> without a copy; cosine reads them once for their lengths.</summary>
    /// <param name="rows">May be disposed before or after the index: each holds the memory.</param>
    /// <param name="metric">How vectors are compared.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such metric.</exception>
    /// <exception cref="ObjectDisposedException">The matrix is disposed.</exception>
    public ExactIndex(VectorMatrix rows, Metric metric)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (metric is not (Metric.InnerProduct or Metric.Cosine or Metric.L2))
            throw new ArgumentOutOfRangeException(nameof(metric), metric, "The metrics are inner product, cosine and L2.");
        ObjectDisposedException.ThrowIf(!rows.Memory.TryHold(), rows);
        _memory = rows.Memory;
        _stride = rows.Stride;
        Count = rows.Count;
        Dimension = rows.Dimension;
        Metric = metric;
        _inverseNorms = metric == Metric.Cosine ? InverseNorms.Of(rows) : [];
    }

    /// <summary>Rows.</summary>
    public int Count { get; }

    /// <summary>Elements of a row and of a query.</summary>
    public int Dimension { get; }

    /// <summary>How vectors are compared.</summary>
    public Metric Metric { get; }

    /// <summary>Writes the best eligible rows, best first; equal scores by ascending row.</summary>
    /// <param name="query"><see cref="Dimension"/> finite elements.</param>
    /// <param name="results">As many as are wanted; may be longer than the index. What lies behind the returned count is left alone.</param>
    /// <param name="filter">Which rows are eligible. A small allow set makes a search cheap: only its rows are scored.</param>
    /// <returns>How many were written: the smaller of the length of <paramref name="results"/> and the eligible rows.</returns>
    /// <exception cref="ArgumentException">The query has the wrong length or holds NaN or infinity, or a set of the filter is over another number of rows.</exception>
    /// <exception cref="ObjectDisposedException">The index is disposed.</exception>
    [SkipLocalsInit]
    public int Search(ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter = default)
    {
        ThrowIfUnfit(query);
        ThrowIfUnfit(filter);
        using Hold hold = TakeHold();
        if (results.IsEmpty || Count == 0)
            return 0;
        float[]? rented = null;
        Span<float> scratch = _stride <= StackElements ? stackalloc float[StackElements + AlignmentSlack] : rented = ArrayPool<float>.Shared.Rent(_stride + AlignmentSlack);
        try
        {
            ReadOnlySpan<float> prepared = Prepare(query, scratch);
            scoped var best = new TopK(results);
            Scan(prepared).Collect(filter, ref best);
            return best.Complete();
        }
        finally
        {
            if (rented is not null)
                ArrayPool<float>.Shared.Return(rented);
        }
    }

    /// <summary>The score of one row, the same bits as <see cref="Search"/> gives.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    /// <inheritdoc cref="Search" path="/exception"/>
    public float Score(ReadOnlySpan<float> query, int row)
    {
        float score = 0;
        Score(query, new ReadOnlySpan<int>(in row), new Span<float>(ref score));
        return score;
    }

    /// <summary>The scores of some rows, in their order; rows may repeat.</summary>
    /// <param name="query"><see cref="Dimension"/> finite elements.</param>
    /// <param name="rows">Row numbers.</param>
    /// <param name="scores">At least as many as <paramref name="rows"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    /// <inheritdoc cref="Search" path="/exception"/>
    [SkipLocalsInit]
    public void Score(ReadOnlySpan<float> query, ReadOnlySpan<int> rows, Span<float> scores)
    {
        ThrowIfUnfit(query);
        if (scores.Length < rows.Length)
            throw new ArgumentException($"{scores.Length} places for the scores of {rows.Length} rows.", nameof(scores));
        foreach (int row in rows)
        {
            if ((uint)row >= (uint)Count)
                throw new ArgumentOutOfRangeException(nameof(rows), row, $"The index has {Count} rows.");
        }
        using Hold hold = TakeHold();
        float[]? rented = null;
        Span<float> scratch = _stride <= StackElements ? stackalloc float[StackElements + AlignmentSlack] : rented = ArrayPool<float>.Shared.Rent(_stride + AlignmentSlack);
        try
        {
            ReadOnlySpan<float> prepared = Prepare(query, scratch);
            Scan(prepared).Score(rows, scores);
        }
        finally
        {
            if (rented is not null)
                ArrayPool<float>.Shared.Return(rented);
        }
    }

    /// <summary>The stored vector of a row, as it was given (cosine does not change it).</summary>
    /// <param name="row">0 to Count - 1.</param>
    /// <returns><see cref="Dimension"/> elements; not to be read after the index is disposed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    public ReadOnlySpan<float> Vector(int row)
    {
        if ((uint)row >= (uint)Count)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"The index has {Count} rows.");
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        return MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref _memory.Start, (nint)row * _stride), Dimension);
    }

    /// <summary>Lets go of the memory once running searches have ended.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _memory.Release();
    }

    private ExactScan Scan(ReadOnlySpan<float> prepared) => new(KernelSets.Best, Metric, prepared, ref _memory.Start, _stride, Count, _inverseNorms);

    private Hold TakeHold()
    {
        ObjectDisposedException.ThrowIf(_disposed != 0 || !_memory.TryHold(), this);
        return new Hold(_memory);
    }

    /// <summary>Pads the query as the rows are, and brings it to length 1 for cosine.</summary>
    /// <returns>The stride's worth of <paramref name="scratch"/> that begins a cache line: loads that straddle two cost a fifth of the speed.</returns>
    private ReadOnlySpan<float> Prepare(ReadOnlySpan<float> query, Span<float> scratch)
    {
        Span<float> prepared = scratch.Slice(AlignedFloats.ElementsToAlignment(scratch), _stride);
        query.CopyTo(prepared);
        prepared[query.Length..].Clear();
        if (Metric == Metric.Cosine)
            TensorPrimitives.Multiply(prepared[..query.Length], InverseNorms.Of(query), prepared[..query.Length]);
        return prepared;
    }

    private void ThrowIfUnfit(ReadOnlySpan<float> query)
    {
        if (query.Length != Dimension)
            throw new ArgumentException($"The query has {query.Length} dimensions, the index {Dimension}.", nameof(query));
        if (TensorPrimitives.IsFiniteAll(query))
            return;
        int position = 0;
        while (float.IsFinite(query[position]))
            position++;
        throw new ArgumentException($"The query holds {FormattableString.Invariant($"{query[position]}")} at position {position}; the index takes finite vectors.", nameof(query));
    }

    private void ThrowIfUnfit(RowFilter filter)
    {
        int rows = filter.Allowed?.RowCount is int allowed && allowed != Count ? allowed : filter.Denied?.RowCount ?? Count;
        if (rows != Count)
            throw new ArgumentException($"A set over {rows} rows cannot filter an index of {Count}.", nameof(filter));
    }

    /// <summary>A search's hold on the memory, which <see cref="Dispose"/> of the index cannot take from under it.</summary>
    private readonly ref struct Hold(AlignedFloats memory)
    {
        public void Dispose() => memory.Release();
    }
}
