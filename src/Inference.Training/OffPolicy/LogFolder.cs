using System.Buffers;

namespace Inference.Training.OffPolicy;

/// <summary>Reads the files of a folder line by line, whatever their size, while they may be written to.</summary>
public static class LogFolder
{
    private const int FirstBuffer = 1 << 20;

    /// <summary>A line that is longer than this is none.</summary>
    private const int LongestLine = 64 << 20;

    /// <summary>The files that are read: "decisions-*.jsonl", or where there is none all "*.jsonl"; in the order of their names.</summary>
    public static string[] FilesOf(string folder)
    {
        string[] files = Directory.GetFiles(folder, "decisions-*.jsonl");
        if (files.Length == 0)
            files = Directory.GetFiles(folder, "*.jsonl");
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }

    /// <summary>Reads the lines of a folder into a log.</summary>
    /// <param name="folder">There.</param>
    /// <param name="log">Takes them in; not closed.</param>
    /// <param name="progress">Gets the share that was read.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static void Read(string folder, ReplayLog log, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        string[] files = FilesOf(folder);
        long total = Math.Max(1, files.Sum(static file => new FileInfo(file).Length)), read = 0;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        try
        {
            foreach (string file in files)
            {
                using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
                int kept = 0;
                bool isPassedOver = false;
                while (true)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    int count = stream.Read(buffer.AsSpan(kept));
                    int length = kept + count, at = 0;
                    while (buffer.AsSpan(at, length - at).IndexOf((byte)'\n') is >= 0 and int end)
                    {
                        if (!isPassedOver)
                            log.Add(buffer.AsSpan(at, end));
                        isPassedOver = false;
                        at += end + 1;
                    }

                    read += count;
                    progress?.Report(Math.Min(1, (double)read / total));
                    kept = length - at;
                    if (count == 0)
                    {
                        if (kept > 0 && !isPassedOver)
                            log.Add(buffer.AsSpan(at, kept), isCutShort: true);
                        break;
                    }

                    if (kept >= LongestLine || isPassedOver)
                    {
                        if (!isPassedOver)
                            log.Counts.BadLines++;
                        (isPassedOver, kept) = (true, 0);
                    }
                    else
                    {
                        buffer.AsSpan(at, kept).CopyTo(buffer);
                        if (kept == buffer.Length)
                            Grow(ref buffer, kept);
                    }
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Grow(ref byte[] buffer, int kept)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(2 * buffer.Length);
        buffer.AsSpan(0, kept).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}
