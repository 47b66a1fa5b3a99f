using System.Runtime.InteropServices;

namespace Inference.Cli.Load;

/// <summary>
/// Holds a thread until a moment, to some microseconds. Operating-system timers are late by 50 µs (Linux, where the slack can be lowered) up to 15 ms (Windows), and a
/// late sender would count its own delay as the server's; spinning alone would take a whole core from those who have work to do.
/// <list type="number">
/// <item>Far away: wait on the stop signal, in whole milliseconds.</item>
/// <item>Near: sleep by the system's finest timer, where there is one, up to a margin.</item>
/// <item>The rest: spin, offering the core to others.</item>
/// </list>
/// Wait on one dedicated thread, which calls <see cref="TakeThread"/> first.
/// </summary>
internal sealed partial class Pacer
{
    private const long Far = 3_000_000;
    private const long Margin = 40_000;
    private const int SetTimerSlack = 29;

    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly double _nanosecondsPerTick;
    private bool _hasFineSleep;

    /// <param name="time">The clock.</param>
    public Pacer(TimeProvider time)
    {
        _time = time;
        _nanosecondsPerTick = 1e9 / time.TimestampFrequency;
        _start = time.GetTimestamp();
    }

    /// <summary>Nanoseconds since the pacer was made. Safe from any thread.</summary>
    public long Now => (long)((_time.GetTimestamp() - _start) * _nanosecondsPerTick);

    /// <summary>Makes the calling thread the one that waits: its timers become as sharp as the system lets them.</summary>
    public void TakeThread() => _hasFineSleep = OperatingSystem.IsLinux() && TryLowerTimerSlack();

    /// <summary>Returns at the moment, or when cancelled, or at once when the moment is past.</summary>
    /// <param name="due">Nanoseconds on the clock of <see cref="Now"/>.</param>
    /// <param name="cancellationToken">Ends a long wait.</param>
    public void WaitUntil(long due, CancellationToken cancellationToken)
    {
        while (true)
        {
            long left = due - Now;
            if (left <= 0 || cancellationToken.IsCancellationRequested)
                return;
            if (left > Far)
                cancellationToken.WaitHandle.WaitOne((int)Math.Min(1000, (left - Far / 2) / 1_000_000));
            else if (left > 2 * Margin && _hasFineSleep)
                Sleep(left - Margin);
            else if (left > Margin / 4)
                Thread.Yield();
            else
                Thread.SpinWait(8);
        }
    }

    private static void Sleep(long nanoseconds)
    {
        var span = new Timespec { Nanoseconds = (nint)nanoseconds };
        // A signal may wake it early; the caller looks at the clock anyway.
        _ = NanoSleep(in span, 0);
    }

    private static bool TryLowerTimerSlack()
    {
        try
        {
            return ProcessControl(SetTimerSlack, 1, 0, 0, 0) == 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int ProcessControl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int NanoSleep(in Timespec requested, nint remaining);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
