namespace Inference.Server.Admission.Limits;

/// <summary>Counts by how much calls were stretched (time ÷ time alone), in eight buckets for each power of two from ¼ to 16,384. Adding is safe from all threads.</summary>
internal sealed class StretchHistogram
{
    private const int Buckets = 128, SubBucketBits = 3, MantissaBits = 23, LowestExponent = 127 - 2;

    private readonly int[] _counts = new int[Buckets];

    public void Add(double stretch)
    {
        // The leading bits of a float are its power of two and eighth.
        int place = (BitConverter.SingleToInt32Bits((float)stretch) >> (MantissaBits - SubBucketBits)) - (LowestExponent << SubBucketBits);
        Interlocked.Increment(ref _counts[Math.Clamp(place, 0, Buckets - 1)]);
    }

    /// <summary>The median, and forgets what was counted.</summary>
    /// <returns>0 where nothing was.</returns>
    public double TakeMedian()
    {
        Span<int> counts = stackalloc int[Buckets];
        int total = 0;
        for (int i = 0; i < Buckets; i++)
            total += counts[i] = Interlocked.Exchange(ref _counts[i], 0);
        int left = (total + 1) / 2;
        for (int i = 0; i < Buckets && total > 0; i++)
        {
            left -= counts[i];
            if (left <= 0)
                return MiddleOf(i);
        }

        return 0;
    }

    private static double MiddleOf(int place)
    {
        float low = BitConverter.Int32BitsToSingle((place + (LowestExponent << SubBucketBits)) << (MantissaBits - SubBucketBits));
        float high = BitConverter.Int32BitsToSingle((place + 1 + (LowestExponent << SubBucketBits)) << (MantissaBits - SubBucketBits));
        return (low + high) / 2;
    }
}
