using System.Diagnostics;

namespace Benchmarks.Vectors;

/// <summary>Times contestants in turns within each round.</summary>
internal static class Interleaved
{
    /// <summary>Rounds before the ones that count: code is compiled in tiers, and pages and caches fill.</summary>
    private const int WarmUpRounds = 4;

    /// <returns>For each contestant the nanoseconds of one call.</returns>
    public static Timing[] Nanoseconds((string Name, Func<double> Call)[] contestants, int rounds, int scansPerTurn)
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
        return Array.ConvertAll(times, Summarise);
    }

    private static Timing Summarise(double[] values)
    {
        Array.Sort(values);
        int middle = values.Length / 2;
        return new Timing(values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2, values[0]);
    }

    /// <param name="Median">Over the rounds.</param>
    /// <param name="Least">The round that was disturbed least: the figure to read on a shared machine.</param>
    public readonly record struct Timing(double Median, double Least);
}
