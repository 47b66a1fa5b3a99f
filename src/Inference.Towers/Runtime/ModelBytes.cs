using Inference.Vectors;
using Microsoft.Win32.SafeHandles;

namespace Inference.Towers.Runtime;

/// <summary>Arrays that models are read into. One that was given back serves the next model of the same length, which the next version of a tower usually has, as long as the collector left it.</summary>
/// <remarks>
/// The runtime takes a model as an array of exactly its length. Fresh arrays of this size with each load bring the next full collection nearer; these cost nothing that the collector may not
/// take back. The runtime could read the file itself, but does so by 4 MB a call, which no thread can be taken away from (<see cref="FilePieces"/>).
/// </remarks>
internal static class ModelBytes
{
    /// <summary>Two towers, of the version that is loaded and of the one before.</summary>
    private const int Most = 4;

    private static readonly Lock s_gate = new();
    private static readonly List<WeakReference<byte[]>> s_free = [];

    /// <summary>Reads a file into an array of its length.</summary>
    /// <exception cref="IOException">The file cannot be read, or was cut meanwhile.</exception>
    public static byte[] Read(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.SequentialScan);
        byte[] content = Take((int)RandomAccess.GetLength(file));
        if (FilePieces.Read(file, content, offset: 0) < content.Length)
            throw new IOException($"'{path}' was cut while it was read.");
        return content;
    }

    /// <summary>Takes back what <see cref="Read"/> gave; nobody reads it any more.</summary>
    public static void Return(byte[] content)
    {
        lock (s_gate)
        {
            s_free.RemoveAll(static free => !free.TryGetTarget(out _));
            if (s_free.Count == Most)
                s_free.RemoveAt(0);
            s_free.Add(new WeakReference<byte[]>(content));
        }
    }

    private static byte[] Take(int length)
    {
        lock (s_gate)
        {
            for (int i = s_free.Count - 1; i >= 0; i--)
            {
                if (!s_free[i].TryGetTarget(out byte[]? free) || free.Length != length)
                    continue;
                s_free.RemoveAt(i);
                return free;
            }
        }

        return GC.AllocateUninitializedArray<byte>(length);
    }
}
