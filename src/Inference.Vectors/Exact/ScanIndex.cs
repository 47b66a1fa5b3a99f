using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Inference.Vectors.Exact;
using Inference.Vectors.Files;
using Inference.Vectors.Kernels;
using Inference.Vectors.Kernels.Bytes;
using Inference.Vectors.Live;
using Inference.Vectors.Memory;
using Inference.Vectors.Search;

namespace Inference.Vectors;

/// <summary>Finds the best rows by a scan over 8-bit codes, and scores those that may matter in fp32: rows and scores are those of <see cref="ExactIndex"/>, to the bit.</summary>
/// <remarks>
/// <para>Why nothing is missed. Let y be what is coded of a row (see <see cref="ScanCodes"/>), ŷ = s·c what its code stands for, q the query that goes with it and q̂ = t·p its code. Then</para>
/// <list type="number">
/// <item>⟨q, y⟩ = ⟨q̂, ŷ⟩ + ⟨q̂, y − ŷ⟩ + ⟨q − q̂, y⟩. The first is a sum of integers, known exactly. By Cauchy and Schwarz the second is at most |q̂|·|y − ŷ|, and the third at most
/// |q − q̂|·|y|. All four lengths are known: |y − ŷ| as its largest ratio to s in a stretch of rows, |y| as its largest value in the stretch.</item>
/// <item>The true score is ⟨q, y⟩ for inner product and cosine, and 2⟨q, y⟩ − |y|² − |q|² for L2 (both less the mean of the rows, which no distance depends on).</item>
/// <item>The fp32 score is within the bound that <see cref="KernelSet"/> states of the true one, and the estimate's own rounding is bounded likewise (<see cref="ScanBounds"/>). Where
/// lengths are so large or small that fp32 arithmetic has no such bound, the row, or every row, is scored.</item>
/// <item>So an estimate plus these bounds is at least the row's fp32 score. A row is left out only if that is below the k-th best fp32 score found so far, or below what k eligible rows
/// are sure to reach; then it is below the k-th best of all. Rows that reach it are scored by the kernels of <see cref="ExactIndex"/>, and ranked as it ranks.</item>
/// <item>For inner product rows are sorted by length. Once |q| times the length of the next, with the fp32 bound, is below the threshold, no row that is left can reach it, and the search
/// ends.</item>
/// </list>
/// <para>Searches that are done together share a pass over the codes, four at a time. Filters are looked at for candidates only, unless so few rows are eligible that scoring all of those
/// costs less.</para>
/// <para>Safe for concurrent callers; nothing is allocated once the scratch is warm. Rows may be absent: the index then finds the rows of its matrix under numbers of the caller's.</para>
/// </remarks>
public sealed class ScanIndex : VectorIndex
{
    /// <summary>Parts of the file: how many rows have a vector, their padded matrix, the factors of cosine, and their numbers where some rows are absent.</summary>
    private const string PresentParameter = "present", VectorsSection = "vectors", InverseNormsSection = "inverse-norms", NumbersSection = "numbers";

    private readonly MemoryBlock _memory;
    private readonly int _stride;
    private readonly float[] _inverseNorms;
    private readonly ScanRows _rows;
    private readonly RowBits? _absent;
    private readonly ScratchPool<ScanScratch> _scratch;
    private readonly int? _fewEligible;
    private long _rowsRead;
    private long _rowsScored;
    private int _disposed;

    /// <summary>Makes an index over all rows of a matrix, on all cores. The matrix is not copied; its codes take a quarter of its memory more.</summary>
    /// <param name="rows">May be disposed before or after the index: each holds the memory.</param>
    /// <param name="metric">How vectors are compared.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such metric.</exception>
    /// <exception cref="ObjectDisposedException">The matrix is disposed.</exception>
    public ScanIndex(VectorMatrix rows, Metric metric)
        : this(rows, metric, [], (rows ?? throw new ArgumentNullException(nameof(rows))).Count, [], new ParallelOptions())
    {
    }

    /// <summary>Makes an index over the rows of a matrix under numbers of their own; the numbers that are left over are absent rows, which no search finds.</summary>
    /// <param name="rows">As in the other constructor.</param>
    /// <param name="metric">How vectors are compared.</param>
    /// <param name="numbers">The row number of each row of the matrix: 0 to <paramref name="count"/> − 1, each at most once.</param>
    /// <param name="count">Row numbers there are: the <see cref="VectorIndex.Count"/> of the index, and the size of the sets of its filters.</param>
    /// <exception cref="ArgumentException">The numbers are not one a row, or one is out of range or there twice.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No such metric, or a negative count.</exception>
    /// <exception cref="ObjectDisposedException">The matrix is disposed.</exception>
    public ScanIndex(VectorMatrix rows, Metric metric, ReadOnlySpan<int> numbers, int count)
        : this(rows, metric, numbers, count, new ParallelOptions())
    {
    }

    /// <summary>As the first constructor, with a say in which threads work on it.</summary>
    internal ScanIndex(VectorMatrix rows, Metric metric, ParallelOptions parallel)
        : this(rows, metric, [], rows.Count, [], parallel)
    {
    }

    /// <summary>As the second constructor, with a say in which threads work on it.</summary>
    internal ScanIndex(VectorMatrix rows, Metric metric, ReadOnlySpan<int> numbers, int count, ParallelOptions parallel)
        : this(rows, metric, numbers.ToArray(), count, RowsByNumber(rows, numbers, count), parallel)
    {
    }

    private ScanIndex(VectorMatrix rows, Metric metric, int[] numbers, int count, int[] rowOf, ParallelOptions parallel)
        : this(rows, metric, numbers, count, rowOf, () =>
        {
            float[] inverseNorms = metric == Metric.Cosine ? InverseNorms.Of(rows) : [];
            return (inverseNorms, ScanCodes.Of(rows, metric, inverseNorms, parallel));
        })
    {
    }

    private ScanIndex(VectorMatrix rows, Metric metric, int[] numbers, int count, int[] rowOf, Func<(float[] InverseNorms, ScanCodes Codes)> code)
        : base(count, rows.Dimension, metric)
    {
        ObjectDisposedException.ThrowIf(!rows.Memory.TryHold(), rows);
        _memory = rows.Memory;
        _stride = rows.Stride;
        try
        {
            (_inverseNorms, ScanCodes codes) = code();
            double largestInverse = _inverseNorms.Length > 0 ? TensorPrimitives.Max<float>(_inverseNorms) : 1;
            _rows = new ScanRows(metric, rows.Dimension, codes, largestInverse, numbers, rowOf);
            int dimension = rows.Dimension, stride = rows.Stride;
            _scratch = new ScratchPool<ScanScratch>(() => new ScanScratch(dimension, stride, codes.Groups));
            _absent = AbsentRows(rowOf);
        }
        catch
        {
            _memory.Release();
            throw;
        }
    }

    /// <inheritdoc/>
    public override IndexKind Kind => IndexKind.Exact;

    /// <inheritdoc/>
    public override long Bytes =>
        (long)_memory.Length + _rows.Codes.Bytes + sizeof(float) * ((long)_inverseNorms.Length + _rows.Numbers.Length + _rows.RowOf.Length);

    /// <inheritdoc/>
    internal override RowBits? Absent => _absent;

    /// <summary>
    /// One row in so many: if no more are eligible, they are scored themselves, without the codes. Where that pays is measured (Benchmarks: exact-scan), which is the one reason to set it:
    /// at one in 24 for a scan of all codes, and later for inner product, whose scan may end early.
    /// </summary>
    internal int FewEligible { get => _fewEligible ?? (Metric == Metric.InnerProduct ? 48 : 24); init => _fewEligible = value; }

    /// <summary>What all searches so far cost: rows whose codes were read, and rows that were scored in fp32 because of them.</summary>
    internal (long Read, long Scored) RowsTouched => (Interlocked.Read(ref _rowsRead), Interlocked.Read(ref _rowsScored));

    /// <summary>The index in a file.</summary>
    /// <exception cref="InvalidDataException">The file does not hold what such an index has.</exception>
    internal static ScanIndex Read(IndexFile file)
    {
        int present = (int)file.Whole(PresentParameter, 0, file.Count);
        int[] numbers = file.Has(NumbersSection) ? file.Array<int>(NumbersSection, present) : [];
        if (numbers.Length == 0 && present != (file.Has(NumbersSection) ? 0 : file.Count))
            throw file.Invalid($"{present} vectors without numbers cannot be those of {file.Count} rows.");
        using var rows = VectorMatrix.Over(present, file.Dimension, file.Section(VectorsSection, VectorMatrix.BytesOf(present, file.Dimension)));
        try
        {
            return new ScanIndex(rows, file.Metric, numbers, file.Count, file.Has(NumbersSection) ? RowsByNumber(rows, numbers, file.Count) : [], () =>
            {
                float[] inverseNorms = file.Metric == Metric.Cosine ? file.Array<float>(InverseNormsSection, InverseNorms.LengthFor(present)) : [];
                return (inverseNorms, ScanCodes.Read(file, present));
            });
        }
        catch (ArgumentException e)
        {
            throw file.Invalid(e.Message);
        }
    }

    /// <inheritdoc/>
    internal override ScanIndex Merged(IndexChanges changes, int threads, CancellationToken cancellationToken)
    {
        using Hold hold = TakeHold();
        int[] numbers = changes.PresentAfter(this);
        int next = 0;
        using var rows = VectorMatrix.Create(numbers.Length, Dimension, (row, vector) =>
        {
            if ((row & 1023) == 0)
                cancellationToken.ThrowIfCancellationRequested();
            if (next < changes.Added.Length && changes.Added[next] == numbers[row])
                changes.Vector(next++).CopyTo(vector);
            else
                Elements(numbers[row]).CopyTo(vector);
        });
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken };
        return numbers.Length == changes.RowCount
            ? new ScanIndex(rows, Metric, [], changes.RowCount, [], parallel)
            : new ScanIndex(rows, Metric, numbers, changes.RowCount, RowsByNumber(rows, numbers, changes.RowCount), parallel);
    }

    private protected override void WriteTo(IndexFileWriter writer)
    {
        using Hold hold = TakeHold();
        writer.Set(PresentParameter, _rows.Codes.Count);
        writer.Add(VectorsSection, _memory);
        if (Metric == Metric.Cosine)
            writer.Add<float>(InverseNormsSection, _inverseNorms);
        if (_rows.RowOf.Length > 0)
            writer.Add<int>(NumbersSection, _rows.Numbers);
        _rows.Codes.WriteTo(writer);
    }

    [SkipLocalsInit]
    private protected override int SearchOne(ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter, int width)
    {
        using Hold hold = TakeHold();
        ScanScratch scratch = _scratch.Rent();
        try
        {
            Span<int> pending = stackalloc int[ScanSearch.PendingRows];
            ScanSearch search = Begin(scratch[0], query, results, filter, pending);
            ScanPass.One(_rows.Codes, ref search);
            return End(ref search, scratch[0], results, filter, pending);
        }
        finally
        {
            _scratch.Return(scratch);
        }
    }

    private protected override void SearchMany(Span<SearchRequest> requests, int width)
    {
        for (; requests.Length > 1; requests = requests[Math.Min(ScanPass.Queries, requests.Length)..])
            SearchTogether(requests[..Math.Min(ScanPass.Queries, requests.Length)]);
        base.SearchMany(requests, width);
    }

    [SkipLocalsInit]
    private protected override void ScoreRows(ReadOnlySpan<float> query, ReadOnlySpan<int> rows, Span<float> scores)
    {
        using Hold hold = TakeHold();
        ScanScratch scratch = _scratch.Rent();
        try
        {
            scratch[0].Prepare(query, _rows);
            Span<int> matrixRows = stackalloc int[ScoreBlock.Rows];
            while (!rows.IsEmpty)
            {
                int count = Math.Min(rows.Length, matrixRows.Length);
                for (int i = 0; i < count; i++)
                    matrixRows[i] = PresentRow(rows[i]);
                Scan(scratch[0].Prepared).Score(matrixRows[..count], scores);
                rows = rows[count..];
                scores = scores[count..];
            }
        }
        finally
        {
            _scratch.Return(scratch);
        }
    }

    private protected override void ReadVector(int row, Span<float> vector)
    {
        using Hold hold = TakeHold();
        Elements(row).CopyTo(vector);
    }

    private protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _memory.Release();
        _rows.Codes.Memory.Release();
    }

    /// <summary>The other way round, −1 for numbers of no row.</summary>
    private static int[] RowsByNumber(VectorMatrix rows, ReadOnlySpan<int> numbers, int count)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (numbers.Length != rows.Count)
            throw new ArgumentException($"{numbers.Length} numbers for {rows.Count} rows.", nameof(numbers));
        var rowOf = new int[count];
        Array.Fill(rowOf, -1);
        for (int row = 0; row < numbers.Length; row++)
        {
            int number = numbers[row];
            if ((uint)number >= (uint)count)
                throw new ArgumentException($"Row {row} has number {number}; there are {count}.", nameof(numbers));
            if (rowOf[number] >= 0)
                throw new ArgumentException($"Rows {rowOf[number]} and {row} both have number {number}.", nameof(numbers));
            rowOf[number] = row;
        }
        return rowOf;
    }

    private static RowBits? AbsentRows(ReadOnlySpan<int> rowOf)
    {
        if (!rowOf.Contains(-1))
            return null;
        var absent = new RowBits(rowOf.Length);
        for (int number = 0; number < rowOf.Length; number++)
        {
            if (rowOf[number] < 0)
                absent.Add(number);
        }
        return absent;
    }

    /// <summary>The vector of a row, for a holder of the memory.</summary>
    private ReadOnlySpan<float> Elements(int number) =>
        MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref _memory.Start<float>(), (nint)PresentRow(number) * _stride), Dimension);

    private int PresentRow(int number)
    {
        int row = _rows.RowOf.Length == 0 ? number : _rows.RowOf[number];
        return row >= 0 ? row : throw new ArgumentOutOfRangeException(nameof(number), number, "The index has no vector under this row number.");
    }

    [SkipLocalsInit]
    private void SearchTogether(Span<SearchRequest> requests)
    {
        using Hold hold = TakeHold();
        ScanScratch scratch = _scratch.Rent();
        try
        {
            Span<int> pending = stackalloc int[ScanPass.Queries * ScanSearch.PendingRows];
            ScanSearch a = Begin(scratch, 0, requests, pending);
            ScanSearch b = Begin(scratch, 1, requests, pending);
            ScanSearch c = Begin(scratch, 2, requests, pending);
            ScanSearch d = Begin(scratch, 3, requests, pending);
            ScanPass.Four(_rows.Codes, ref a, ref b, ref c, ref d);
            End(ref a, scratch, 0, requests, pending);
            End(ref b, scratch, 1, requests, pending);
            End(ref c, scratch, 2, requests, pending);
            End(ref d, scratch, 3, requests, pending);
        }
        finally
        {
            _scratch.Return(scratch);
        }
    }

    private ScanSearch Begin(ScanScratch scratch, int i, Span<SearchRequest> requests, Span<int> pending) =>
        i < requests.Length && !requests[i].Results.IsEmpty
            ? Begin(scratch[i], requests[i].Query.Span, requests[i].Results.Span, requests[i].Filter, Part(pending, i))
            : new ScanSearch(scratch[i]);

    /// <summary>Prepares a search, and does it at once where no scan is needed.</summary>
    private ScanSearch Begin(ScanQuery prepared, ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter, Span<int> pending)
    {
        prepared.Prepare(query, _rows);
        int eligible = Math.Min(filter.Allowed?.Count ?? Count, Count - (filter.Denied?.Count ?? 0));
        bool scans = prepared.IsTrusted && eligible > _rows.Codes.Count / FewEligible;
        ScanSearch search = SearchOf(prepared, results, filter, pending, samples: scans);
        if (!scans)
            search.TakeEligible();
        return search;
    }

    private void End(ref ScanSearch search, ScanScratch scratch, int i, Span<SearchRequest> requests, Span<int> pending)
    {
        if (i >= requests.Length)
            return;
        Span<Neighbor> results = requests[i].Results.Span;
        requests[i].Found = results.IsEmpty ? 0 : End(ref search, scratch[i], results, requests[i].Filter, Part(pending, i));
    }

    private int End(ref ScanSearch search, ScanQuery prepared, Span<Neighbor> results, RowFilter filter, Span<int> pending)
    {
        int found = Complete(ref search);
        if (!search.IsShort(found))
            return found;
        ScanSearch again = SearchOf(prepared, results, filter, pending, samples: false);
        ScanPass.One(_rows.Codes, ref again);
        return Complete(ref again);
    }

    private int Complete(ref ScanSearch search)
    {
        int found = search.Complete();
        Interlocked.Add(ref _rowsRead, search.RowsRead);
        Interlocked.Add(ref _rowsScored, search.RowsScored);
        return found;
    }

    private static Span<int> Part(Span<int> pending, int i) => pending.Slice(i * ScanSearch.PendingRows, ScanSearch.PendingRows);

    private ScanSearch SearchOf(ScanQuery prepared, Span<Neighbor> results, RowFilter filter, Span<int> pending, bool samples) =>
        new(_rows, prepared, Scan(prepared.Prepared), new EligibleRows(filter, absent: null, Count), results, pending, samples);

    private ExactScan Scan(ReadOnlySpan<float> prepared) =>
        new(KernelSets.Best, Metric, prepared, ref _memory.Start<float>(), _stride, _rows.Codes.Count, _inverseNorms);

    private Hold TakeHold()
    {
        ObjectDisposedException.ThrowIf(_disposed != 0 || !_memory.TryHold(), this);
        if (_rows.Codes.Memory.TryHold())
            return new Hold(_memory, _rows.Codes.Memory);
        _memory.Release();
        throw new ObjectDisposedException(GetType().FullName);
    }

    /// <summary>A search's hold on the memory, which <see cref="Dispose"/> of the index cannot take from under it.</summary>
    private readonly ref struct Hold(MemoryBlock rows, MemoryBlock codes)
    {
        public void Dispose()
        {
            codes.Release();
            rows.Release();
        }
    }
}
