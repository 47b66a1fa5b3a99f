using System.Runtime.InteropServices;
using Inference.Vectors.Kernels.Bytes;
using Inference.Vectors.Memory;

namespace Inference.Vectors.Exact;

/// <summary>A query coded for the scan, with what bounds the error of its estimates. Scratch: used for one search after the other.</summary>
/// <remarks>
/// <para>What is coded is q: the prepared query for inner product and cosine, and for L2 the query less the mean of the rows. It is coded twice over: pᵢ = round(qᵢ ∕ t) is split into two
/// 7-bit parts, p = radix·high + low. A search alone reads both, at the price of arithmetic that hides behind memory; searches that share a pass read the high part only.</para>
/// </remarks>
internal sealed class ScanQuery
{
    private readonly float[] _prepared;
    private readonly int _preparedStart;
    private readonly int _stride;
    private readonly int[] _high;
    private readonly int[] _low;
    private readonly double[] _q;

    /// <param name="dimension">Elements of a query.</param>
    /// <param name="stride">Elements of a padded row.</param>
    /// <param name="groups">Groups of four dimensions.</param>
    public ScanQuery(int dimension, int stride, int groups)
    {
        // Pinned, so that what is aligned stays aligned.
        _prepared = GC.AllocateUninitializedArray<float>(stride + (int)MemoryBlock.Alignment / sizeof(float), pinned: true);
        _preparedStart = MemoryBlock.ElementsToAlignment(_prepared);
        _stride = stride;
        _high = new int[groups];
        _low = new int[groups];
        _q = new double[dimension];
        Limit = (int)Math.Min(ByteKernels.QueryLimit, int.MaxValue / (255L * ByteKernels.GroupDimensions * groups));
    }

    /// <summary>Padded as the rows are, cache-aligned, of length 1 or 0 for cosine.</summary>
    public ReadOnlySpan<float> Prepared => _prepared.AsSpan(_preparedStart, _stride);

    /// <summary>The high part as the kernels read it.</summary>
    public ref int High => ref MemoryMarshal.GetArrayDataReference(_high);

    /// <summary>The low part.</summary>
    public ref int Low => ref MemoryMarshal.GetArrayDataReference(_low);

    /// <summary>What the high sum counts for when the low sum counts for one.</summary>
    public int Radix => 2 * Limit + 1;

    /// <summary>Of estimates from the high part only.</summary>
    public ScanBounds CoarseBounds { get; private set; }

    /// <summary>Of estimates from both parts.</summary>
    public ScanBounds FineBounds { get; private set; }

    /// <summary>Whether the bounds hold.</summary>
    public bool IsTrusted { get; private set; }

    /// <summary>Σ of the codes of the high and the low part, × 128: what the unsigned row codes add to the sums.</summary>
    public (int High, int Low) Offsets { get; private set; }

    /// <summary>Largest magnitude of a part: 63, or less where so many dimensions would overflow the sums.</summary>
    private int Limit { get; }

    /// <summary>Takes a query in.</summary>
    /// <param name="query">As the caller of the search gave it.</param>
    /// <param name="index">What is searched.</param>
    public void Prepare(ReadOnlySpan<float> query, ScanRows index) => Prepare(query, index.Metric, index.Codes.Mean, index.LargestInverse);

    /// <summary>Takes a query in.</summary>
    /// <param name="query">As the caller of the search gave it.</param>
    /// <param name="metric">How it is compared.</param>
    /// <param name="mean">What was subtracted from the rows before they were coded; empty for nothing.</param>
    /// <param name="largestInverse">The largest 1 ∕ |x| of the rows for cosine, otherwise 1.</param>
    public void Prepare(ReadOnlySpan<float> query, Metric metric, ReadOnlySpan<double> mean, double largestInverse)
    {
        PreparedQuery.Write(query, metric, _prepared.AsSpan(_preparedStart, _stride));
        ReadOnlySpan<float> prepared = Prepared;
        double largest = 0, squared = 0;
        for (int i = 0; i < _q.Length; i++)
        {
            double q = mean.IsEmpty ? prepared[i] : prepared[i] - mean[i];
            _q[i] = q;
            largest = Math.Max(largest, Math.Abs(q));
            squared += q * q;
        }
        double norm = Math.Sqrt(squared);
        IsTrusted = ScanBounds.AreGood(metric, norm);
        (QueryCode coarse, QueryCode fine) = Encode(largest);
        CoarseBounds = new ScanBounds(metric, _q.Length, norm, coarse, largestInverse);
        FineBounds = new ScanBounds(metric, _q.Length, norm, fine, largestInverse);
    }

    private (QueryCode Coarse, QueryCode Fine) Encode(double largest)
    {
        Span<sbyte> high = MemoryMarshal.Cast<int, sbyte>(_high.AsSpan()), low = MemoryMarshal.Cast<int, sbyte>(_low.AsSpan());
        double step = largest / (Limit * Radix + Limit), perStep = step > 0 ? 1 / step : 0;
        double coarseError = 0, coarseSquared = 0, fineError = 0, fineSquared = 0;
        int highSum = 0, lowSum = 0;
        for (int i = 0; i < _q.Length; i++)
        {
            double code = Math.Round(_q[i] * perStep), highCode = Math.Round(code / Radix), lowCode = code - highCode * Radix;
            high[i] = (sbyte)highCode;
            low[i] = (sbyte)lowCode;
            highSum += (int)highCode;
            lowSum += (int)lowCode;
            double coarse = highCode * Radix * step, fine = code * step;
            coarseError += (_q[i] - coarse) * (_q[i] - coarse);
            coarseSquared += coarse * coarse;
            fineError += (_q[i] - fine) * (_q[i] - fine);
            fineSquared += fine * fine;
        }
        Offsets = (128 * highSum, 128 * lowSum);
        return (new QueryCode(step * Radix, Math.Sqrt(coarseSquared), Math.Sqrt(coarseError)), new QueryCode(step, Math.Sqrt(fineSquared), Math.Sqrt(fineError)));
    }
}
