using System.Runtime.InteropServices;

namespace Inference.Vectors.Live;

/// <summary>Lets a background thread give way to those that answer requests.</summary>
/// <remarks>.NET's thread priorities do nothing on Linux, where niceness is a thread's own.</remarks>
internal static partial class ThreadNiceness
{
    /// <summary>About a tenth of a core that others want too, and all of one that nobody wants.</summary>
    public const int Background = 10;

    /// <summary>Makes the calling thread nicer, for good. Elsewhere than on Linux, and where the system refuses, nothing happens.</summary>
    public static void Lower()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = SetPriority(which: 0, who: 0, Background);
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
