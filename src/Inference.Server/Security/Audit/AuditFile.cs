using System.Globalization;
using System.Text;
using Inference.Server.Options;

namespace Inference.Server.Security.Audit;

/// <summary>
/// Lines at the end of a file. A full file becomes FILE.1, that one FILE.2, and so on. What cannot be written is tried anew with the next line. Safe for concurrent use.
/// </summary>
internal sealed class AuditFile(AuditOptions options) : IDisposable
{
    private readonly Lock _lock = new();
    private FileStream? _stream;

    /// <summary>Adds a line; false, with the reason, where that failed.</summary>
    /// <param name="line">The line, without its end.</param>
    /// <param name="isDurable">Whether to wait until the disk has it.</param>
    /// <param name="problem">Why it failed.</param>
    public bool TryAppend(string line, bool isDurable, out string problem)
    {
        lock (_lock)
        {
            try
            {
                byte[] bytes = Encoding.UTF8.GetBytes(line + "\n");
                if (Open().Length > 0 && _stream!.Length + bytes.Length > options.MaxFileBytes)
                    Turn();
                Open().Write(bytes);
                _stream!.Flush(isDurable);
                problem = "";
                return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Close();
                problem = e.Message;
                return false;
            }
        }
    }

    /// <summary>Whether the file can be opened and is still where it was.</summary>
    public bool CanWrite()
    {
        lock (_lock)
        {
            try
            {
                return Open().CanWrite;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
            Close();
    }

    private FileStream Open()
    {
        // Somebody else may have put the file aside or taken it away: what is written to it then is in nobody's record.
        if (_stream is not null && !File.Exists(options.File))
            Close();
        return _stream ??= new FileStream(options.File, FileMode.Append, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
    }

    private void Close()
    {
        try
        {
            _stream?.Dispose();
        }
        catch (IOException)
        {
            // What could not be written was told already.
        }

        _stream = null;
    }

    private void Turn()
    {
        Close();
        if (options.MaxFiles == 0)
        {
            File.Delete(options.File);
            return;
        }

        File.Delete(NameOf(options.MaxFiles));
        for (int i = options.MaxFiles - 1; i >= 1; i--)
        {
            if (File.Exists(NameOf(i)))
                File.Move(NameOf(i), NameOf(i + 1));
        }

        File.Move(options.File, NameOf(1));
    }

    private string NameOf(int place) => string.Create(CultureInfo.InvariantCulture, $"{options.File}.{place}");
}
