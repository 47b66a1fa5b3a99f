using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Inference.Storage.Decisions;

/// <summary>
/// The files of a log: lines are appended to the last, which is followed by another when it is full or a day old; the oldest go. What was appended is with the operating system when the call returns, so it
/// survives the end of the process. A new process begins a new file, so a line that a kill cut short is the last of its file. Not safe for concurrent use.
/// </summary>
internal sealed class DecisionFiles(DecisionOptions options, TimeProvider time, ILogger log) : IDisposable
{
    /// <summary>Files of the folder that are of the log.</summary>
    public const string Pattern = "decisions-*.jsonl";

    private static readonly TimeSpan LongestUse = TimeSpan.FromDays(1), ShortestRest = TimeSpan.FromSeconds(1), LongestRest = TimeSpan.FromMinutes(1);

    private readonly string _folder = Path.GetFullPath(options.Folder);
    private FileStream? _file;
    private DateTimeOffset _begun, _restsUntil = DateTimeOffset.MinValue;
    private TimeSpan _rest = ShortestRest;
    private bool _isWell = true;
    private long _closedBytes;
    private long _openBytes;
    private int _number;

    /// <summary>Bytes of all files of the log, as far as they are known; safe to read from any thread.</summary>
    public long Size => Interlocked.Read(ref _closedBytes) + Interlocked.Read(ref _openBytes);

    /// <summary>Files that there are, oldest first.</summary>
    public static string[] In(string folder)
    {
        string[] files = Directory.Exists(folder) ? Directory.GetFiles(folder, Pattern) : [];
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }

    /// <summary>Appends whole lines.</summary>
    /// <returns>False where they could not be written; nothing is tried for a while then, and a part of them may be there.</returns>
    public bool Append(ReadOnlySpan<byte> lines)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (now < _restsUntil)
            return false;
        try
        {
            if (_file is not null && ((_openBytes > 0 && _openBytes + lines.Length > options.MaxFileBytes) || now - _begun >= LongestUse))
                Close();
            if (_file is null)
                Begin(now);
            _file!.Write(lines);
            Interlocked.Add(ref _openBytes, lines.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or System.Security.SecurityException)
        {
            if (_isWell)
                Log.DecisionsNotWritten(log, _folder, e);
            _isWell = false;
            _restsUntil = now + _rest;
            _rest = _rest * 2 < LongestRest ? _rest * 2 : LongestRest;
            TakeBack();
            Close();
            return false;
        }

        if (!_isWell)
            Log.DecisionsWrittenAgain(log, _folder);
        (_isWell, _rest) = (true, ShortestRest);
        return true;
    }

    /// <summary>Makes the folder, so that one that cannot be is known at once; lets go of what is too old or too much, and ends a file that is a day old.</summary>
    public void KeepHouse()
    {
        DateTimeOffset now = time.GetUtcNow();
        try
        {
            Directory.CreateDirectory(_folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            if (_isWell)
                Log.DecisionsNotWritten(log, _folder, e);
            _isWell = false;
        }

        if (_file is not null && now - _begun >= LongestUse)
            Close();
        Prune(now);
    }

    /// <summary>Ends the last file.</summary>
    public void Dispose() => Close();

    private void Begin(DateTimeOffset now)
    {
        Directory.CreateDirectory(_folder);
        string name = string.Create(CultureInfo.InvariantCulture, $"decisions-{now.UtcDateTime:yyyyMMdd-HHmmssfff}-{_number++:d6}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}.jsonl");
        // Without a buffer: a write that fails is not tried again when the file is closed.
        _file = new FileStream(Path.Combine(_folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        _begun = now;
        Prune(now);
    }

    private void Prune(DateTimeOffset now)
    {
        try
        {
            string[] files = In(_folder);
            int extra = files.Length - options.MaxFiles;
            long bytes = 0;
            foreach (string file in files)
            {
                if (file == _file?.Name)
                    continue;
                var info = new FileInfo(file);
                if (extra-- > 0 || info.LastWriteTimeUtc < (now - options.MaxAge).UtcDateTime)
                    info.Delete();
                else
                    bytes += info.Length;
            }

            Interlocked.Exchange(ref _closedBytes, bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // They go the next time.
            Log.DecisionsNotPruned(log, _folder, e);
        }
    }

    /// <summary>Takes half a line back that was written; a file that holds nothing then goes, so that a long outage does not push out files that do.</summary>
    private void TakeBack()
    {
        if (_file is null)
            return;
        try
        {
            _file.SetLength(_openBytes);
            if (_openBytes == 0)
                File.Delete(_file.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It stays the end of that file, and readers leave it out.
            Log.DecisionsNotWritten(log, _folder, e);
        }
    }

    private void Close()
    {
        try
        {
            _file?.Dispose();
        }
        catch (IOException e)
        {
            Log.DecisionsNotWritten(log, _folder, e);
        }

        _file = null;
        Interlocked.Add(ref _closedBytes, Interlocked.Exchange(ref _openBytes, 0));
    }
}
