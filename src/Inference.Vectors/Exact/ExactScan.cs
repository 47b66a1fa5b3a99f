using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Inference.Vectors.Kernels;
using Inference.Vectors.Search;

namespace Inference.Vectors.Exact;

/// <summary>One query on its way through the rows.</summary>
/// <remarks>
/// For each word of 64 rows:
/// <list type="number">
/// <item>Which rows are eligible? None: go on.</item>
/// <item>Many: the block kernel scores all 64 as one stream. Few: they are asked for from memory, and their numbers kept until there are 64 to score.</item>
/// <item>Scores below the threshold of the best k are dropped 16 at a time; the rest are offered.</item>
/// </list>
/// So the filter decides word by word whether to scan or to pick, and a small allow set costs its own rows and a walk over the bitmap.
/// </remarks>
internal readonly ref struct ExactScan
{
    /// <summary>
    /// From how many eligible rows of 64 the stream is the faster way: measured between 12 (rows in memory) and 24 (rows in cache; Benchmarks: FilteredScanBenchmarks).
    /// </summary>
    private const int DenseRows = 16;

    /// <summary>Matrices from this size on do not stay in a second-level cache and are prefetched from memory.</summary>
    private const nuint StreamedBytes = 2 << 20;

    private readonly KernelSet _kernels;
    private readonly Metric _metric;
    private readonly ref float _query;
    private readonly ref float _matrix;
    private readonly nuint _stride;
    private readonly int _count;
    private readonly ReadOnlySpan<float> _inverseNorms;
    private readonly bool _streamed;

    /// <param name="kernels">The inner loops.</param>
    /// <param name="metric">Decides which of them, and how their results become scores.</param>
    /// <param name="query">Padded to the stride; of length 1 or 0 for cosine.</param>
    /// <param name="matrix">The first element of the padded rows.</param>
    /// <param name="stride">Elements from row to row.</param>
    /// <param name="count">Rows.</param>
    /// <param name="inverseNorms">For cosine, a factor for each row, in whole blocks; otherwise unused.</param>
    public ExactScan(KernelSet kernels, Metric metric, ReadOnlySpan<float> query, ref float matrix, int stride, int count, ReadOnlySpan<float> inverseNorms)
    {
        _kernels = kernels;
        _metric = metric;
        _query = ref MemoryMarshal.GetReference(query);
        _matrix = ref matrix;
        _stride = (nuint)stride;
        _count = count;
        _inverseNorms = inverseNorms;
        _streamed = _stride * (nuint)count * sizeof(float) >= StreamedBytes;
    }

    /// <summary>Offers every eligible row that can be among the best.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Collect(EligibleRows rows, ref TopK best)
    {
        Span<float> scores = stackalloc float[ScoreBlock.Rows];
        Span<int> picked = stackalloc int[ScoreBlock.Rows];
        int pickedCount = 0;
        int words = rows.WordCount;
        for (int word = 0; word < words; word++)
        {
            ulong eligible = rows.Word(word);
            if (BitOperations.PopCount(eligible) >= DenseRows)
            {
                Offer(ScoreBlockOf(word, scores, best.Threshold) & eligible, scores, word * 64, ref best);
                continue;
            }
            for (; eligible != 0; eligible &= eligible - 1)
            {
                int row = word * 64 + BitOperations.TrailingZeroCount(eligible);
                Prefetch(row);
                picked[pickedCount++] = row;
                if (pickedCount == picked.Length)
                {
                    OfferPicked(picked, scores, ref best);
                    pickedCount = 0;
                }
            }
        }
        OfferPicked(picked[..pickedCount], scores, ref best);
    }

    /// <summary>Scores rows in the order given.</summary>
    [SkipLocalsInit]
    public void Score(ReadOnlySpan<int> rows, Span<float> scores)
    {
        Span<float> block = stackalloc float[ScoreBlock.Rows];
        while (!rows.IsEmpty)
        {
            ReadOnlySpan<int> next = rows[..Math.Min(rows.Length, ScoreBlock.Rows)];
            foreach (int row in next)
                Prefetch(row);
            ScorePicked(next, block, float.NegativeInfinity);
            block[..next.Length].CopyTo(scores);
            rows = rows[next.Length..];
            scores = scores[next.Length..];
        }
    }

    /// <summary>Scores all rows in their order.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ScoreAll(Span<float> scores)
    {
        Span<float> block = stackalloc float[ScoreBlock.Rows];
        for (int word = 0; word * ScoreBlock.Rows < _count; word++)
        {
            int first = word * ScoreBlock.Rows;
            ScoreBlockOf(word, block, float.NegativeInfinity);
            block[..Math.Min(ScoreBlock.Rows, _count - first)].CopyTo(scores[first..]);
        }
    }

    /// <summary>Offers the rows first + i whose bit i is set.</summary>
    private static void Offer(ulong candidates, scoped ReadOnlySpan<float> scores, int first, ref TopK best)
    {
        for (; candidates != 0; candidates &= candidates - 1)
        {
            int i = BitOperations.TrailingZeroCount(candidates);
            best.Offer(first + i, scores[i]);
        }
    }

    private void OfferPicked(scoped ReadOnlySpan<int> rows, scoped Span<float> scores, ref TopK best)
    {
        if (rows.IsEmpty)
            return;
        for (ulong candidates = ScorePicked(rows, scores, best.Threshold); candidates != 0; candidates &= candidates - 1)
        {
            int i = BitOperations.TrailingZeroCount(candidates);
            best.Offer(rows[i], scores[i]);
        }
    }

    /// <summary>Asks for a row of the matrix that will soon be scored.</summary>
    public void Prefetch(int row) => Kernels.Prefetch.Row(ref RowOf(row), _stride);

    private ref float RowOf(int row) => ref Unsafe.Add(ref _matrix, (nuint)(uint)row * _stride);

    /// <summary>Scores the 64 rows of a word; behind the last row of the matrix the scores are undefined.</summary>
    private ulong ScoreBlockOf(int word, scoped Span<float> scores, float threshold)
    {
        int first = word * ScoreBlock.Rows;
        int rows = Math.Min(ScoreBlock.Rows, (_count - first + KernelSet.Lanes - 1) & -KernelSet.Lanes);
        ref float start = ref RowOf(first);
        ref float result = ref MemoryMarshal.GetReference(scores);
        if (_streamed)
            Kernels.Prefetch.Stream(ref start, (nuint)rows * _stride);
        if (_metric == Metric.L2)
            _kernels.SquaredL2Rows(ref _query, ref start, _stride, (nuint)rows, ref result);
        else
            _kernels.DotRows(ref _query, ref start, _stride, (nuint)rows, ref result);
        ref float inverseNorms = ref _metric == Metric.Cosine ? ref Unsafe.Add(ref MemoryMarshal.GetReference(_inverseNorms), first) : ref Unsafe.NullRef<float>();
        return ScoreBlock.Finish(_metric, ref result, ref inverseNorms, threshold);
    }

    /// <summary>Scores up to 64 rows by number, which had best be on their way to the cache, and returns which are candidates: bit i, that score i reaches the threshold.</summary>
    /// <param name="rows">1 to 64 rows of the matrix.</param>
    /// <param name="scores">64 places, all of which are written to.</param>
    /// <param name="threshold">The least score of interest.</param>
    [SkipLocalsInit]
    public ulong ScorePicked(scoped ReadOnlySpan<int> rows, scoped Span<float> scores, float threshold)
    {
        Span<float> inverseNorms = stackalloc float[ScoreBlock.Rows];
        ref float result = ref MemoryMarshal.GetReference(scores);
        if (_metric == Metric.L2)
            _kernels.SquaredL2Gather(ref _query, ref _matrix, _stride, rows, ref result);
        else
            _kernels.DotGather(ref _query, ref _matrix, _stride, rows, ref result);
        if (_metric == Metric.Cosine)
        {
            for (int i = 0; i < rows.Length; i++)
                inverseNorms[i] = _inverseNorms[rows[i]];
        }
        ulong candidates = ScoreBlock.Finish(_metric, ref result, ref MemoryMarshal.GetReference(inverseNorms), threshold);
        return candidates & (ulong.MaxValue >> (64 - rows.Length));
    }
}
