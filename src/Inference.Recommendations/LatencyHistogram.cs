using System.Numerics;

namespace Inference.Recommendations;

/// <summary>
/// Counts durations in buckets whose width grows with the value, so that any quantile is within 0.4 % whatever the range; small, and safe for concurrent recording.
/// After HdrHistogram (Tene): 128 buckets per doubling, exact below 256 ns, up to 36 minutes; longer ones count as that.
/// </summary>
public sealed class LatencyHistogram
{
    /// <summary>Buckets between a duration and its double.</summary>
    public const int BucketsPerDoubling = 1 << BitsPerDoubling;

    /// <summary>How many doublings there are.</summary>
    public const int Doublings = MaxShift + 2;

    private const int BitsPerDoubling = 7;
    private const int MaxShift = 33;
    private const long MaxNanoseconds = (1L << (MaxShift + BitsPerDoubling + 1)) - 1;

    private readonly long[] _counts = new long[Doublings * BucketsPerDoubling];
    private long _total;
    private long _sum;
    private long _max;

    /// <summary>How many durations were recorded.</summary>
    public long Count => Volatile.Read(ref _total);

    /// <summary>The longest duration, exactly; 0 when there is none.</summary>
    public long Max => Volatile.Read(ref _max);

    /// <summary>The mean in nanoseconds, exactly; 0 when there is none.</summary>
    public double Mean => Count == 0 ? 0 : (double)Volatile.Read(ref _sum) / Count;

    /// <summary>The standard deviation in nanoseconds, by the middles of the buckets; 0 when there is none.</summary>
    public double StandardDeviation
    {
        get
        {
            double mean = Mean, squares = 0;
            long total = 0;
            for (int bucket = 0; bucket < _counts.Length; bucket++)
            {
                long count = Volatile.Read(ref _counts[bucket]);
                total += count;
                squares += count * (MiddleOf(bucket) - mean) * (MiddleOf(bucket) - mean);
            }

            return total == 0 ? 0 : Math.Sqrt(squares / total);
        }
    }

    /// <summary>Records a duration; a negative one, which only a clock in trouble gives, counts as 0.</summary>
    public void Record(long nanoseconds)
    {
        nanoseconds = Math.Clamp(nanoseconds, 0, MaxNanoseconds);
        Interlocked.Increment(ref _counts[BucketOf(nanoseconds)]);
        Interlocked.Add(ref _sum, nanoseconds);
        long max = Volatile.Read(ref _max);
        while (nanoseconds > max)
        {
            long seen = Interlocked.CompareExchange(ref _max, nanoseconds, max);
            if (seen == max)
                break;
            max = seen;
        }

        Interlocked.Increment(ref _total);
    }

    /// <summary>The duration in nanoseconds that this share of the recorded ones does not exceed; 0 when there is none.</summary>
    /// <param name="share">In [0, 1]; 0.99 is the 99th percentile, by the nearest-rank definition.</param>
    public long Quantile(double share)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(share, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        long total = Count;
        if (total == 0)
            return 0;
        long rank = Math.Max(1, (long)Math.Ceiling(share * total - 1e-9));
        if (rank >= total)
            return Max;
        long seen = 0;
        for (int bucket = 0; bucket < _counts.Length; bucket++)
        {
            seen += Volatile.Read(ref _counts[bucket]);
            if (seen >= rank)
                return Math.Min(MiddleOf(bucket), Max);
        }

        return Max;
    }

    private static int BucketOf(long nanoseconds)
    {
        int shift = Math.Max(0, 63 - BitOperations.LeadingZeroCount((ulong)nanoseconds) - BitsPerDoubling);
        return shift * BucketsPerDoubling + (int)(nanoseconds >> shift);
    }

    private static long MiddleOf(int bucket)
    {
        if (bucket < 2 * BucketsPerDoubling)
            return bucket;
        int shift = bucket / BucketsPerDoubling - 1;
        long low = (long)(bucket - shift * BucketsPerDoubling) << shift;
        return low + (1L << shift) / 2;
    }
}
