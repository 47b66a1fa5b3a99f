namespace Benchmarks.Storage;

/// <summary>Requests for keys of which few are asked for often.</summary>
internal static class Zipf
{
    /// <summary>A trace in which the k-th most popular key comes in proportion to k^-exponent.</summary>
    /// <param name="keys">Numbers 0 to keys - 1.</param>
    /// <param name="scan">Every tenth part of so many requests is a run of keys that come once, from <paramref name="keys"/> on; 0 for none.</param>
    public static int[] Trace(int keys, double exponent, int requests, int scan)
    {
        var random = new Random(1);
        var sums = new double[keys];
        double sum = 0;
        for (int i = 0; i < keys; i++)
            sums[i] = sum += Math.Pow(i + 1, -exponent);
        int once = keys;
        var trace = new int[requests];
        for (int i = 0; i < requests; i++)
        {
            if (scan > 0 && i / scan % 10 == 0)
            {
                trace[i] = once++;
                continue;
            }

            int found = Array.BinarySearch(sums, random.NextDouble() * sum);
            trace[i] = Math.Min(keys - 1, found < 0 ? ~found : found);
        }

        return trace;
    }
}
