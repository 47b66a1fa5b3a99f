using System.Runtime.InteropServices;

namespace Inference.Towers.Bundles;

/// <summary>Makes what was written survive a power cut.</summary>
internal static partial class DurableFiles
{
    /// <summary>Flushes a file's content to the disk.</summary>
    public static void Flush(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Flushes a folder's entries to the disk. Windows does so by itself.</summary>
    public static void FlushFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        const int readOnly = 0;
        int handle = Open(path, readOnly);
        if (handle < 0)
            throw new IOException($"Cannot open the folder '{path}' to flush it: error {Marshal.GetLastPInvokeError()}.");
        // A file system that cannot flush folders (some network ones) says so; the rename is then as durable as it makes it.
        _ = Synchronize(handle);
        _ = Close(handle);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Synchronize(int handle);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int handle);
}
