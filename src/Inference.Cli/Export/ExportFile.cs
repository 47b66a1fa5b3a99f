using System.Buffers;
using Inference.Cli.Frame;

namespace Inference.Cli.Export;

/// <summary>
/// The file of an export: whole lines, appended. A process that was killed may leave the beginning of a line at its end, which is cut off when it is opened again. The file is locked while it is open, so that
/// two exports cannot write to one.
/// </summary>
internal sealed class ExportFile : IDisposable
{
    private readonly FileStream _file;

    private ExportFile(FileStream file) => _file = file;

    /// <summary>Lines behind the header that were there when the file was opened.</summary>
    public long Lines { get; private set; }

    /// <summary>How many of them are errors.</summary>
    public long Errors { get; private set; }

    /// <summary>The beginning of the last of them, as far as it was asked for.</summary>
    private long LastLineAt { get; set; }

    public static ExportFile Create(string path, LineFormat format)
    {
        var file = new ExportFile(Open(path, FileMode.Create));
        file.Append(format.Header);
        return file;
    }

    /// <summary>Opens a file again: cuts a torn last line and counts the whole ones.</summary>
    /// <exception cref="CommandFailedException">The file does not begin as one of this format, or somebody else writes to it.</exception>
    public static ExportFile Resume(string path, LineFormat format)
    {
        var file = new ExportFile(Open(path, FileMode.Open));
        try
        {
            file.Count(path, format);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether the last line that was there begins so.</summary>
    public bool LastLineBegins(ReadOnlySpan<byte> begin)
    {
        var found = new byte[begin.Length];
        long end = _file.Position;
        _file.Position = LastLineAt;
        int read = _file.ReadAtLeast(found, found.Length, throwOnEndOfStream: false);
        _file.Position = end;
        return read == found.Length && begin.SequenceEqual(found);
    }

    public void Append(ReadOnlySpan<byte> line) => _file.Write(line);

    /// <summary>Hands what was appended to the system: from here on it outlives this process.</summary>
    public void Flush() => _file.Flush();

    /// <summary>Makes sure that it is on the disk.</summary>
    public void Finish() => _file.Flush(flushToDisk: true);

    public void Dispose() => _file.Dispose();

    private static FileStream Open(string path, FileMode mode)
    {
        try
        {
            return new FileStream(path, mode, FileAccess.ReadWrite, FileShare.None, 1 << 17);
        }
        catch (IOException e) when (e is not FileNotFoundException and not DirectoryNotFoundException)
        {
            throw new CommandFailedException($"--out: '{path}' cannot be written to; does another export write to it? {e.Message}", e);
        }
    }

    private void Count(string path, LineFormat format)
    {
        byte[] header = format.Header.ToArray();
        var begin = new byte[header.Length];
        int read = _file.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false);
        if (!begin.AsSpan(0, read).SequenceEqual(header.AsSpan(0, read)))
            throw new CommandFailedException($"--resume: '{path}' does not begin as a {format.Name} file of this tool.");
        if (read < header.Length)
        {
            _file.SetLength(0);
            Append(header);
            return;
        }

        byte[] block = ArrayPool<byte>.Shared.Rent(1 << 20);
        try
        {
            long at = header.Length, end = at;
            byte last = (byte)'\n', lastButOne = 0;
            while ((read = _file.Read(block)) > 0)
            {
                ReadOnlySpan<byte> rest = block.AsSpan(0, read);
                for (int found; (found = rest.IndexOf((byte)'\n')) >= 0; rest = rest[(found + 1)..])
                {
                    byte[] tail = [lastButOne, last, .. rest[Math.Max(0, found - 2)..found]];
                    Errors += format.IsError(tail[^2], tail[^1]) ? 1 : 0;
                    Lines++;
                    LastLineAt = end;
                    at += found + 1;
                    end = at;
                }

                at += rest.Length;
                byte[] left = [lastButOne, last, .. rest[Math.Max(0, rest.Length - 2)..]];
                (lastButOne, last) = (left[^2], left[^1]);
            }

            _file.SetLength(end);
            _file.Position = end;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }
}
