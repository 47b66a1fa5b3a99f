using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Inference.Vectors.Exact;
using Inference.Vectors.Files;
using Inference.Vectors.Kernels;
using Inference.Vectors.Live;
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
    /// <summary>Sections of the file: the padded matrix, the factors of cosine, the bitmap of absent rows where there are any.</summary>
    internal const string VectorsSection = "vectors", AbsentSection = "absent";
    private const string InverseNormsSection = "inverse-norms";

    private readonly MemoryBlock _memory;
    private readonly float[] _inverseNorms;
    private readonly int _stride;
    private readonly RowBits? _absent;
    private int _disposed;

    /// <summary>Makes an index over <paramref name="rows"/> without a copy; cosine reads them once for their lengths.</summary>
    /// <param name="rows">May be disposed before or after the index: each holds the memory.</param>
    /// <param name="metric">How vectors are compared.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such metric.</exception>
    /// <exception cref="ObjectDisposedException">The matrix is disposed.</exception>
    public ExactIndex(VectorMatrix rows, Metric metric)
        : this(rows ?? throw new ArgumentNullException(nameof(rows)), metric, inverseNorms: null, absent: null)
    {
    }

    /// <param name="rows">As above.</param>
    /// <param name="metric">How vectors are compared.</param>
    /// <param name="inverseNorms">For cosine, what <see cref="InverseNorms.Of(VectorMatrix)"/> would compute; null to compute it.</param>
    /// <param name="absent">Rows that are never found, because they are not there; null for none.</param>
    internal ExactIndex(VectorMatrix rows, Metric metric, float[]? inverseNorms, RowBits? absent)
        : base(rows.Count, rows.Dimension, metric)
    {
        ObjectDisposedException.ThrowIf(!rows.Memory.TryHold(), rows);
        _memory = rows.Memory;
        _stride = rows.Stride;
        _inverseNorms = metric == Metric.Cosine ? inverseNorms ?? InverseNorms.Of(rows) : [];
        _absent = absent;
    }

    /// <inheritdoc/>
    public override IndexKind Kind => IndexKind.Flat;

    /// <inheritdoc/>
    public override long Bytes => (long)_memory.Length + (long)_inverseNorms.Length * sizeof(float);

    /// <inheritdoc/>
    internal override RowBits? Absent => _absent;

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

    /// <summary>The index in a file.</summary>
    /// <exception cref="InvalidDataException">The file does not hold what such an index has.</exception>
    internal static ExactIndex Read(IndexFile file)
    {
        float[]? inverseNorms = file.Metric == Metric.Cosine ? file.Array<float>(InverseNormsSection, InverseNorms.LengthFor(file.Count)) : null;
        RowBits? absent = file.Has(AbsentSection) ? new RowBits(file.Count, file.Array<ulong>(AbsentSection, RowBits.LengthFor(file.Count))) : null;
        using var rows = VectorMatrix.Over(file.Count, file.Dimension, file.Section(VectorsSection, VectorMatrix.BytesOf(file.Count, file.Dimension)));
        return new ExactIndex(rows, file.Metric, inverseNorms, absent);
    }

    /// <inheritdoc/>
    internal override ExactIndex Merged(IndexChanges changes, int threads, CancellationToken cancellationToken)
    {
        using Hold hold = TakeHold();
        RowBits absent = changes.AbsentAfter(this);
        int next = 0;
        using var rows = VectorMatrix.Create(changes.RowCount, Dimension, (row, vector) =>
        {
            if ((row & 1023) == 0)
                cancellationToken.ThrowIfCancellationRequested();
            if (next < changes.Added.Length && changes.Added[next] == row)
                changes.Vector(next++).CopyTo(vector);
            else if (!absent.Contains(row))
                Vector(row).CopyTo(vector);
        });
        return new ExactIndex(rows, Metric, inverseNorms: null, absent.Members > 0 ? absent : null);
    }

    private protected override void WriteTo(IndexFileWriter writer)
    {
        using Hold hold = TakeHold();
        writer.Add(VectorsSection, _memory);
        if (Metric == Metric.Cosine)
            writer.Add<float>(InverseNormsSection, _inverseNorms);
        if (_absent is not null)
            writer.Add(AbsentSection, _absent.Words);
    }

    [SkipLocalsInit]
    private protected override int SearchOne(ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter, int width)
    {
        using Hold hold = TakeHold();
        if (Count == 0)
            return 0;
        float[]? rented = null;
        Span<float> scratch = _stride <= PreparedQuery.StackElements
            ? stackalloc float[PreparedQuery.StackElements + PreparedQuery.AlignmentSlack]
            : rented = ArrayPool<float>.Shared.Rent(_stride + PreparedQuery.AlignmentSlack);
        try
        {
            ReadOnlySpan<float> prepared = PreparedQuery.Prepare(query, Metric, _stride, scratch);
            scoped var best = new TopK(results);
            Scan(prepared).Collect(new EligibleRows(filter, _absent, Count), ref best);
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
        Span<float> scratch = _stride <= PreparedQuery.StackElements
            ? stackalloc float[PreparedQuery.StackElements + PreparedQuery.AlignmentSlack]
            : rented = ArrayPool<float>.Shared.Rent(_stride + PreparedQuery.AlignmentSlack);
        try
        {
            ReadOnlySpan<float> prepared = PreparedQuery.Prepare(query, Metric, _stride, scratch);
            Scan(prepared).Score(rows, scores);
        }
        finally
        {
            if (rented is not null)
                ArrayPool<float>.Shared.Return(rented);
        }
    }

    /// <summary>The scores of all rows, by row, with the bits that a search gives them.</summary>
    /// <param name="query"><see cref="VectorIndex.Dimension"/> finite elements.</param>
    /// <param name="scores">At least <see cref="VectorIndex.Count"/> places.</param>
    /// <exception cref="ArgumentException">The query has the wrong length or holds NaN or infinity, or there are fewer places than rows.</exception>
    /// <exception cref="ObjectDisposedException">The index is disposed.</exception>
    [SkipLocalsInit]
    public void ScoreAll(ReadOnlySpan<float> query, Span<float> scores)
    {
        ThrowIfUnfit(query);
        if (scores.Length < Count)
            throw new ArgumentException($"{scores.Length} places for the scores of {Count} rows.", nameof(scores));
        using Hold hold = TakeHold();
        float[]? rented = null;
        Span<float> scratch = _stride <= PreparedQuery.StackElements
            ? stackalloc float[PreparedQuery.StackElements + PreparedQuery.AlignmentSlack]
            : rented = ArrayPool<float>.Shared.Rent(_stride + PreparedQuery.AlignmentSlack);
        try
        {
            ReadOnlySpan<float> prepared = PreparedQuery.Prepare(query, Metric, _stride, scratch);
            Scan(prepared).ScoreAll(scores);
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

    /// <summary>A search's hold on the memory, which <see cref="Dispose"/> of the index cannot take from under it.</summary>
    private readonly ref struct Hold(MemoryBlock memory)
    {
        public void Dispose() => memory.Release();
    }
}
