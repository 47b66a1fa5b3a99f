using System.Globalization;
using System.Runtime.InteropServices;

namespace Inference.Server.Hosting;

/// <summary>Whether a thread of this process that wakes up may interrupt the one that runs on its processor (Linux).</summary>
/// <remarks>
/// Under the normal policy (<c>SCHED_OTHER</c>) it may; under <c>SCHED_BATCH</c> it waits until that one sleeps or has had its slice of a few milliseconds. Both are open to everybody. Only threads of these two are changed: whoever started the process with another one
/// (<c>chrt</c>, <c>CPUSchedulingPolicy=</c>) keeps it. Niceness stays. Source: sched(7).
/// </remarks>
internal static partial class WakePolicy
{
    private const int Normal = 0, Batch = 3;

    private const string Threads = "/proc/self/task";

    /// <summary>Whether there is anything to choose: on Linux, if the process was started with the normal policy.</summary>
    public static bool IsOpen
    {
        get
        {
            try
            {
                return OperatingSystem.IsLinux() && Directory.Exists(Threads) && GetPolicy(0) == Normal;
            }
            catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
            {
                return false;
            }
        }
    }

    /// <summary>Sets it for all threads that there are. The runtime starts each new one with the normal policy, so it has to be set again for those.</summary>
    /// <param name="interrupts">Whether they may interrupt others.</param>
    public static void Set(bool interrupts)
    {
        (int from, int to) = interrupts ? (Batch, Normal) : (Normal, Batch);
        int noPriority = 0;
        try
        {
            foreach (string thread in Directory.EnumerateDirectories(Threads))
            {
                // A thread that has ended meanwhile answers an error, and nothing is changed.
                if (int.TryParse(Path.GetFileName(thread.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int id) && GetPolicy(id) == from)
                    _ = SetPolicy(id, to, in noPriority);
            }
        }
        catch (IOException)
        {
            // In an overload descriptors may have run out, too: whoever is not reached stays as it is.
        }
    }

    /// <summary>From here on the calling thread may not interrupt others.</summary>
    public static void StandBack()
    {
        int noPriority = 0;
        if (GetPolicy(0) == Normal)
            _ = SetPolicy(0, Batch, in noPriority);
    }

    /// <param name="thread">A thread's number; 0: the calling one.</param>
    /// <returns>Its policy; −1 where there is no such thread.</returns>
    [LibraryImport("libc", EntryPoint = "sched_getscheduler")]
    internal static partial int GetPolicy(int thread);

    /// <param name="thread">A thread's number; 0: the calling one.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="priority">A <c>sched_param</c>: for these policies 0.</param>
    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int SetPolicy(int thread, int policy, in int priority);
}
