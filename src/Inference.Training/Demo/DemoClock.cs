using Inference.Training.Chance;

namespace Inference.Training.Demo;

/// <summary>When the events of a user happen: in visits of some events each, at about the user's own hour of the day.</summary>
internal static class DemoClock
{
    /// <summary>The first second of the log: 2025-01-01 00:00 UTC.</summary>
    public const long Begin = 1_735_689_600;

    /// <summary>How long the log is.</summary>
    public const int Days = 180;

    private const long Day = 86_400;
    private const double EventsPerVisit = 4;

    /// <summary>Unix seconds, ascending; the first falls into the given hour.</summary>
    public static long[] Draw(int events, int hour, ref SeededRandom random)
    {
        if (events == 0)
            return [];
        int visits = Math.Min(events, 1 + (int)(events / EventsPerVisit * 2 * random.NextDouble()));
        int firstDay = random.NextInt(Days - 7);
        int[] days = new int[visits];
        days[0] = firstDay;
        for (int visit = 1; visit < visits; visit++)
            days[visit] = firstDay + random.NextInt(Days - firstDay);
        Array.Sort(days);

        long[] times = new long[events];
        long earliest = long.MinValue;
        int next = 0;
        for (int visit = 0; visit < visits; visit++)
        {
            double drift = visit == 0 ? 0 : 2 * random.NextGaussian();
            int hourOfVisit = (int)((hour + Math.Round(drift) + 240) % 24);
            long time = Math.Max(earliest, Begin + days[visit] * Day + hourOfVisit * 3600L + random.NextInt(3600));
            int until = (int)((visit + 1L) * events / visits);
            for (; next < until; next++)
            {
                times[next] = time;
                time += 15 + (long)(60 * random.NextExponential());
            }

            earliest = time;
        }

        return times;
    }
}
