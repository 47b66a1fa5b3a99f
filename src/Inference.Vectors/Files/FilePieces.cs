using Microsoft.Win32.SafeHandles;

namespace Inference.Vectors;

/// <summary>Reads files in small pieces, for threads that stand back.</summary>
/// <remarks>
/// Many kernels of servers take no core from a thread inside of a system call, however urgent those are who wait for it. A read of 4 MB into memory that was never touched is one of about 15 ms,
/// for the call brings in a thousand pages; one of 64 KB is over before anybody notices.
/// </remarks>
public static class FilePieces
{
    /// <summary>Most bytes of one call.</summary>
    public const int Bytes = 64 << 10;

    /// <summary>Reads what begins at a place of a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="bytes">Receives the content; filled to its end, unless the file ends before.</param>
    /// <param name="offset">Place in the file.</param>
    /// <returns>Bytes that were read: all that there is room for, or up to the end of the file.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static int Read(SafeFileHandle file, Span<byte> bytes, long offset)
    {
        int filled = 0;
        while (filled < bytes.Length)
        {
            int read = RandomAccess.Read(file, bytes.Slice(filled, Math.Min(Bytes, bytes.Length - filled)), offset + filled);
            if (read == 0)
                break;
            filled += read;
        }

        return filled;
    }
}
