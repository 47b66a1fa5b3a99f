using System.Security.Cryptography;
using Recsys.V1;

namespace Inference.Cli.Export;

/// <summary>The users of an export, one line each, read as they are needed; empty lines are passed over.</summary>
internal sealed class UserSource : IDisposable
{
    private readonly TextReader _lines;
    private readonly FileStream? _file;
    private readonly ExportQuestion _question;
    private readonly string _run;
    private Task<string?>? _reading;
    private long _line;
    private long _place;

    private UserSource(TextReader lines, FileStream? file, ExportQuestion question, string run)
    {
        _lines = lines;
        _file = file;
        _question = question;
        _run = run;
    }

    /// <summary>Whether the next line may be a long time in coming.</summary>
    public bool MayWait => _file is null;

    /// <summary>Share of the file that was read, in [0, 1]; 0 where that is not known.</summary>
    public double Done => _file is { Length: > 0 } file ? (double)file.Position / file.Length : 0;

    /// <param name="run">Names the export; begins the ids of its requests.</param>
    public static UserSource OfFile(string path, ExportQuestion question, string run)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
        return new UserSource(new StreamReader(file, bufferSize: 1 << 16), file, question, run);
    }

    /// <param name="lines">Where lines come from as somebody writes them.</param>
    public static UserSource OfPipe(TextReader lines, ExportQuestion question, string run) => new(lines, null, question, run);

    /// <summary>Names a file's content.</summary>
    public static async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 20, FileOptions.SequentialScan);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
    }

    /// <summary>The next user; null behind the last one. One call at a time; a call that is cancelled loses no line.</summary>
    public async ValueTask<ExportUser?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            string? line;
            if (_file is not null)
            {
                cancellationToken.ThrowIfCancellationRequested();
                line = _lines.ReadLine();
            }
            else
            {
                line = await (_reading ??= Task.Run(_lines.ReadLine, CancellationToken.None)).WaitAsync(cancellationToken);
                _reading = null;
            }

            if (line is null)
                return null;
            _line++;
            line = line.Trim();
            if (line.Length > 0)
                return UserOf(line);
        }
    }

    /// <summary>Passes over so many users.</summary>
    /// <returns>The last of them; null where there are not so many.</returns>
    public async ValueTask<ExportUser?> SkipAsync(long users, CancellationToken cancellationToken)
    {
        ExportUser? last = null;
        for (long i = 0; i < users; i++)
        {
            last = await ReadAsync(cancellationToken);
            if (last is null)
                return null;
        }

        return last;
    }

    public void Dispose()
    {
        if (_file is not null)
            _lines.Dispose();
    }

    private ExportUser UserOf(string line)
    {
        string cursor = ExportUser.CursorOf(_place++);
        RecommendRequest request = _question.About("", $"{_run}-{cursor}");
        if (UserLine.Read(line, request) is not { } fault)
            return new ExportUser(request.UserId, new RecommendStreamRequest { Request = request, Cursor = cursor }, null);
        // It keeps its place in the order as a question that the server refuses at once.
        return new ExportUser("", new RecommendStreamRequest { Request = new RecommendRequest { Limit = -1 }, Cursor = cursor }, $"line {_line}: {fault}");
    }
}
