using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Inference.Vectors.Kernels;
using Inference.Vectors.Kernels.Bytes;
using Inference.Vectors.Search;

namespace Inference.Vectors.Exact;

/// <summary>One query on its way through the codes.</summary>
/// <remarks>
/// <list type="number">
/// <item>A sample of rows gives a score that k eligible rows are sure to reach: the first threshold.</item>
/// <item>For each stretch of codes, rows whose estimate and error reach the threshold are candidates; those that the filter lets through are asked for from memory and kept.</item>
/// <item>Before the next stretch is looked at, the candidates, which have arrived by then, are scored in fp32 and offered; that raises the threshold.</item>
/// </list>
/// </remarks>
internal ref struct ScanSearch
{
    /// <summary>Candidates that are scored together.</summary>
    public const int PendingRows = ScoreBlock.Rows;

    /// <summary>Rows of the sample: the first are the best for inner product, for the rest a wider one pays, as rows that lie together may be alike.</summary>
    private const int SortedSample = 256, SpreadSample = 1024;

    /// <summary>A row scored costs about as much as the low part of the query adds to the reading of so many.</summary>
    private const int Crowded = 100;

    private readonly ScanRows _index;
    private readonly ScanQuery _query;
    private readonly ExactScan _rows;
    private readonly EligibleRows _eligible;
    private readonly bool _areAllEligible;
    private readonly Span<int> _pending;
    private int _pendingCount;
    private TopK _best;
    private readonly int _wanted;
    private readonly float _floor;

    /// <param name="index">What is searched.</param>
    /// <param name="query">Prepared.</param>
    /// <param name="rows">The fp32 rows, with the same query.</param>
    /// <param name="eligible">Eligible row numbers.</param>
    /// <param name="results">Where the best go; not empty.</param>
    /// <param name="pending"><see cref="PendingRows"/> places.</param>
    /// <param name="samples">Whether to begin with a sample of the codes, which the scan that follows makes worth while.</param>
    public ScanSearch(ScanRows index, ScanQuery query, ExactScan rows, EligibleRows eligible, Span<Neighbor> results, Span<int> pending, bool samples)
    {
        _index = index;
        _query = query;
        _rows = rows;
        _eligible = eligible;
        _areAllEligible = eligible.IsAll;
        _pending = pending;
        _wanted = results.Length;
        _floor = samples ? Sample(results) : float.NegativeInfinity;
        _best = new TopK(results);
    }

    /// <summary>Fills a place in a pass that no search has: done from the start.</summary>
    /// <param name="query">Any that once was prepared, or never.</param>
    public ScanSearch(ScanQuery query)
    {
        _index = null!;
        _query = query;
        IsDone = true;
    }

    /// <summary>No row that is left can be among the best.</summary>
    public bool IsDone { get; private set; }

    /// <summary>
    /// Whether fewer rows were found than the sample had promised: rows that it counted on were hidden while the search ran. Then it has to be done again without a sample.
    /// </summary>
    public readonly bool IsShort(int found) => found < _wanted && _floor > float.NegativeInfinity;

    /// <summary>Rows whose codes were read.</summary>
    public long RowsRead { get; private set; }

    /// <summary>Rows that were scored in fp32.</summary>
    public long RowsScored { get; private set; }

    /// <summary>Whether so many rows are scored that the low part of the query, which makes the error of the estimates two thirds smaller, is worth reading.</summary>
    public readonly bool IsCrowded => RowsScored > Crowded + RowsRead / Crowded;

    /// <summary>The high part of the query as the kernels read it.</summary>
    public readonly ref int High => ref _query.High;

    /// <summary>The low part.</summary>
    public readonly ref int Low => ref _query.Low;

    private readonly float Threshold => Math.Max(_floor, _best.Threshold);

    /// <summary>Whether the codes of a stretch are worth reading. Rows sorted by length end the search here.</summary>
    public bool Wants(int stretch)
    {
        if (!IsDone && _index.Metric == Metric.InnerProduct && Bounds(isFine: false).IsOutOfReach(Threshold, _index.Codes.Norms[stretch]))
            IsDone = true;
        return !IsDone;
    }

    /// <summary>Goes through the sums of a stretch.</summary>
    /// <param name="stretch">Which.</param>
    /// <param name="high">Its sums with the high part.</param>
    /// <param name="low">Its sums with the low part; a null reference if they were not made.</param>
    [SkipLocalsInit]
    public void Take(int stretch, ref int high, ref int low)
    {
        Span<ulong> candidates = stackalloc ulong[ScanSelection.Words];
        ScorePending();
        bool isFine = !Unsafe.IsNullRef(ref low);
        ScanSelection selection = Selection(stretch, isFine);
        selection.Least = Bounds(isFine).Least(Threshold, Bounds(isFine).Error(_index.Codes.Norms[stretch]));
        int blocks = _index.Codes.BlocksOf(stretch);
        RowsRead += blocks * ByteKernels.BlockRows;
        if (!selection.Select(ref high, ref low, blocks, candidates))
            return;
        for (int word = 0; word < candidates.Length; word++)
        {
            for (ulong left = candidates[word]; left != 0; left &= left - 1)
            {
                int place = stretch * ScanCodes.StretchRows + word * 64 + BitOperations.TrailingZeroCount(left);
                if (place < _index.Codes.Count)
                    Consider(_index.Codes.RowAt(place));
            }
        }
    }

    /// <summary>Scores every eligible row: for filters that leave few of them, and queries whose estimates cannot be trusted.</summary>
    public void TakeEligible()
    {
        IsDone = true;
        if (_index.RowOf.Length == 0)
        {
            _rows.Collect(_eligible, ref _best);
            return;
        }
        for (int word = 0; word < _eligible.WordCount; word++)
        {
            for (ulong eligible = _eligible.Word(word); eligible != 0; eligible &= eligible - 1)
            {
                int row = _index.RowOf[word * 64 + BitOperations.TrailingZeroCount(eligible)];
                if (row >= 0)
                    Keep(row);
            }
        }
    }

    /// <summary>Writes the best rows and returns how many there are.</summary>
    public int Complete()
    {
        ScorePending();
        return _best.Complete();
    }

    private readonly ScanBounds Bounds(bool isFine) => isFine ? _query.FineBounds : _query.CoarseBounds;

    private void Consider(int row)
    {
        if (IsEligible(_index.NumberOf(row)))
            Keep(row);
    }

    private readonly bool IsEligible(int number) => _areAllEligible || _eligible.Contains(number);

    private void Keep(int row)
    {
        _rows.Prefetch(row);
        _pending[_pendingCount++] = row;
        if (_pendingCount == _pending.Length)
            ScorePending();
    }

    [SkipLocalsInit]
    private void ScorePending()
    {
        if (_pendingCount == 0)
            return;
        Span<float> scores = stackalloc float[ScoreBlock.Rows];
        ReadOnlySpan<int> rows = _pending[.._pendingCount];
        for (ulong candidates = _rows.ScorePicked(rows, scores, Threshold); candidates != 0; candidates &= candidates - 1)
        {
            int i = BitOperations.TrailingZeroCount(candidates);
            _best.Offer(_index.NumberOf(rows[i]), scores[i]);
        }
        RowsScored += _pendingCount;
        _pendingCount = 0;
    }

    private readonly ScanSelection Selection(int stretch, bool isFine)
    {
        ScanCodes codes = _index.Codes;
        int first = stretch * ScanCodes.StretchRows;
        ScanBounds bounds = Bounds(isFine);
        return new ScanSelection
        {
            Steps = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(codes.Steps), first),
            Squares = ref codes.Squares.Length > 0 ? ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(codes.Squares), first) : ref Unsafe.NullRef<float>(),
            Offsets = _query.Offsets,
            Radix = _query.Radix,
            Scale = bounds.Scale,
            Spread = bounds.Spread(codes.Ratios[stretch]),
        };
    }

    /// <summary>The k-th best of what a sample of rows is sure to score: results of the search reach at least that. −∞ where the sample is too small.</summary>
    [SkipLocalsInit]
    private readonly float Sample(Span<Neighbor> results)
    {
        bool isSorted = _index.Metric == Metric.InnerProduct;
        ScanCodes codes = _index.Codes;
        int wanted = Math.Max(isSorted ? SortedSample : SpreadSample, 2 * Math.Min(results.Length, int.MaxValue / 4));
        int blocks = Math.Min(wanted / ByteKernels.BlockRows, (codes.Blocks + 1) / 2);
        // The results serve as memory until the search itself needs them.
        var sure = new TopK(results);
        Span<int> sums = stackalloc int[ByteKernels.BlockRows];
        for (int i = 0; i < blocks; i++)
        {
            int block = isSorted ? i : (int)((long)i * codes.Blocks / blocks);
            int stretch = block / ScanCodes.StretchBlocks;
            ByteKernelSets.Best.One(ref codes.Block(block), (nuint)codes.Groups, 1, ref _query.High, ref sums[0]);
            ScanSelection selection = Selection(stretch, isFine: false);
            int firstInStretch = block % ScanCodes.StretchBlocks * ByteKernels.BlockRows;
            double error = Bounds(isFine: false).Error(codes.Norms[stretch]);
            for (int row = 0; row < ByteKernels.BlockRows; row++)
            {
                int place = block * ByteKernels.BlockRows + row;
                if (place >= codes.Count)
                    break;
                float score = Bounds(isFine: false).Floor(selection.Floor(sums[row], firstInStretch + row), error);
                if (score > sure.Threshold && IsEligible(_index.NumberOf(codes.RowAt(place))))
                    sure.Offer(place, score);
            }
        }
        return sure.Threshold;
    }
}
