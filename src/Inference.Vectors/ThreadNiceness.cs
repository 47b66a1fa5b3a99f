using System.Runtime.InteropServices;

namespace Inference.Vectors;

/// <summary>Lets a background thread give way to those that answer requests.</summary>
/// <remarks>
/// .NET's thread priorities do nothing on Linux, where niceness is a thread's own and threads that it starts inherit it. Elsewhere niceness is the framework's priority. Whoever may not
/// raise priorities cannot take it back on Linux, so only threads of one purpose are made nicer.
/// </remarks>
public static partial class ThreadNiceness
{
    /// <summary>About a tenth of a core that others want too, and all of one that nobody wants: for work that must keep pace with what is served.</summary>
    public const int Background = 10;

    /// <summary>About a sixtieth of a core that others want too: for work that nobody waits for. A thread that wakes up takes the core from such a one at once.</summary>
    public const int Last = 19;

    /// <summary>Makes the calling thread nicer, for good. Where the system refuses nothing happens.</summary>
    /// <param name="niceness">0, as the process, to <see cref="Last"/>.</param>
    public static void Lower(int niceness = Background)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(niceness);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(niceness, Last);
        if (niceness == 0)
            return;
        if (!OperatingSystem.IsLinux())
        {
            Thread.CurrentThread.Priority = niceness > Background ? ThreadPriority.Lowest : ThreadPriority.BelowNormal;
            return;
        }

        try
        {
            _ = SetPriority(which: 0, who: 0, niceness);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // A C library under another name: it competes as an equal.
        }
    }

    /// <param name="which">0: a process, which for Linux is a thread.</param>
    /// <param name="who">0: the calling one.</param>
    /// <param name="niceness">−20 to 19.</param>
    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int niceness);
}
