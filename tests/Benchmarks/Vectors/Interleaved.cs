using System.Diagnostics;

namespace Benchmarks.Vectors;

/// <summary>Times contestants in turns within each round.</summary>
internal static class Interleaved
{
    /// <summary>Rounds before the ones that count: code is compiled in tiers, and pages and caches fill.</summary>
    private const int WarmUpRounds = 4;

    /// <returns>For each contestant the median over the rounds of the nanoseconds of one call.</returns>
    public static double[] MedianNanoseconds((string Name, Func<double> Call)[] contestants, int rounds, int scansPerTurn)
    {
        var times = new double[contestants.Length][];
        for (int i = 0; i < times.Length; i++)
            times[i] = new double[rounds];
        double sink = 0;
        for (int round = -WarmUpRounds; round < rounds; round++)
        {
            for (int i = 0; i < contestants.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                for (int scan = 0; scan < scansPerTurn; scan++)
                    sink += contestants[i].Call();
                if (round >= 0)
                    times[i][round] = Stopwatch.GetElapsedTime(start).TotalNanoseconds / scansPerTurn;
            }
        }
        GC.KeepAlive(sink);
        return Array.ConvertAll(times, Median);
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        int middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
