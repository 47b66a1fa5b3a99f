using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Inference.Vectors;

/// <summary>How much of a processor the calling thread has had, for work that keeps to a share of one.</summary>
public static partial class ThreadClock
{
    /// <summary>Of clock_gettime on Linux: the processor time of the calling thread.</summary>
    private const int ThreadProcessorTime = 3;

    private static volatile bool s_isUnknown = !OperatingSystem.IsLinux() || !Environment.Is64BitProcess;

    /// <summary>Processor time since the thread began; where the system does not tell, the time of day, which is at least as much.</summary>
    public static TimeSpan Now
    {
        get
        {
            if (!s_isUnknown)
            {
                try
                {
                    if (Read(ThreadProcessorTime, out Moment moment) == 0)
                        return TimeSpan.FromTicks((moment.Seconds * TimeSpan.TicksPerSecond) + (moment.Nanoseconds / TimeSpan.NanosecondsPerTick));
                }
                catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
                {
                    // A C library under another name.
                }

                s_isUnknown = true;
            }

            return Stopwatch.GetElapsedTime(0);
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int Read(int clock, out Moment moment);

    [StructLayout(LayoutKind.Sequential)]
    private struct Moment
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
