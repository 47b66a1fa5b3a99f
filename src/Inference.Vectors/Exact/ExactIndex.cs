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
public sealed class ExactIndex : VectorIndex
{
    /// <summary>Queries up to this many elements are prepared on the stack.</summary>
    private const int StackElements = 1024;

    /// <summary>Room to move the start of the prepared query to a cache line.</summary>
    private const int AlignmentSlack = (int)MemoryBlock.Alignment / sizeof(float);

    private readonly MemoryBlock _memory;
    private readonly float[] _inverseNorms;
    private readonly int _stride;
    private int _disposed;

    /// <summary>Makes an index over <paramref name="rows"/> without a copy; cosine reads them once for their lengths.</summary>
    /// <param name="rows">May be disposed before or after the index: each holds the memory.</param>
    /// <param name="metric">How vectors are compared.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such metric.</exception>
    /// <exception cref="ObjectDisposedException">The matrix is disposed.</exception>
    public ExactIndex(VectorMatrix rows, Metric metric)
        : base((rows ?? throw new ArgumentNullException(nameof(rows))).Count, rows.Dimension, metric)
    {
        ObjectDisposedException.ThrowIf(!rows.Memory.TryHold(), rows);
        _memory = rows.Memory;
        _stride = rows.Stride;
        _inverseNorms = metric == Metric.Cosine ? InverseNorms.Of(rows) : [];
    }

    /// <inheritdoc/>
    public override IndexKind Kind => IndexKind.Flat;

    /// <inheritdoc/>
    public override long Bytes => (long)_memory.Length + (long)_inverseNorms.Length * sizeof(float);

    /// <summary>The stored vector of a row, as it was given (cosine does not change it).</summary>
    /// <param name="row">0 to Count - 1.</param>
    /// <returns><see cref="VectorIndex.Dimension"/> elements; not to be read after the index is disposed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    /// <exception cref="ObjectDisposedException">The index is disposed.</exception>
    public ReadOnlySpan<float> Vector(int row)
    {
        if ((uint)row >= (uint)Count)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"The index has {Count} rows.");
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        return MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref _memory.Start<float>(), (nint)row * _stride), Dimension);
    }

    [SkipLocalsInit]
    private protected override int SearchOne(ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter, int width)
    {
        using Hold hold = TakeHold();
        if (Count == 0)
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

    [SkipLocalsInit]
    private protected override void ScoreRows(ReadOnlySpan<float> query, ReadOnlySpan<int> rows, Span<float> scores)
    {
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

    private protected override void ReadVector(int row, Span<float> vector) => Vector(row).CopyTo(vector);

    private protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _memory.Release();
    }

    private ExactScan Scan(ReadOnlySpan<float> prepared) => new(KernelSets.Best, Metric, prepared, ref _memory.Start<float>(), _stride, Count, _inverseNorms);

    private Hold TakeHold()
    {
        ObjectDisposedException.ThrowIf(_disposed != 0 || !_memory.TryHold(), this);
        return new Hold(_memory);
    }

    /// <summary>Pads the query as the rows are, and brings it to length 1 for cosine.</summary>
    /// <returns>The stride's worth of <paramref name="scratch"/> that begins a cache line: loads that straddle two cost a fifth of the speed.</returns>
    private ReadOnlySpan<float> Prepare(ReadOnlySpan<float> query, Span<float> scratch)
    {
        Span<float> prepared = scratch.Slice(MemoryBlock.ElementsToAlignment(scratch), _stride);
        query.CopyTo(prepared);
        prepared[query.Length..].Clear();
        if (Metric == Metric.Cosine)
            TensorPrimitives.Multiply(prepared[..query.Length], InverseNorms.Of(query), prepared[..query.Length]);
        return prepared;
    }

    /// <summary>A search's hold on the memory, which <see cref="Dispose"/> of the index cannot take from under it.</summary>
    private readonly ref struct Hold(MemoryBlock memory)
    {
        public void Dispose() => memory.Release();
    }
}
