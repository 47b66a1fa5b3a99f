using System.Diagnostics;
using System.Text;

namespace InteropTests.Foreign;

/// <summary>A foreign program under test. It ends, at the latest, when this is disposed: first by the end of its standard input, then by force.</summary>
internal sealed class ForeignProcess : IAsyncDisposable
{
    private const int KeptErrors = 4000;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2), s_longPatience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly StringBuilder _errors = new();

    private ForeignProcess(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginErrorReadLine();
    }

    /// <summary>What it wrote to its standard error, for messages.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }

    public static ForeignProcess Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment["PYTHONIOENCODING"] = "utf-8";
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        return new ForeignProcess(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start."));
    }

    /// <summary>The next line of its output.</summary>
    /// <exception cref="InvalidOperationException">Its output has ended.</exception>
    public async Task<string> ReadLineAsync(CancellationToken cancellationToken)
        => await TryReadLineAsync(cancellationToken) ?? throw new InvalidOperationException($"{_process.StartInfo.FileName} ended. {Errors}");

    /// <summary>The next line of its output; null where it has ended.</summary>
    public ValueTask<string?> TryReadLineAsync(CancellationToken cancellationToken) => _process.StandardOutput.ReadLineAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync().WaitAsync(s_patience);
        }
        catch (Exception e) when (e is TimeoutException or IOException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync().WaitAsync(s_longPatience);
        }
        finally
        {
            _process.Dispose();
        }
    }

    private void Keep(string? line)
    {
        lock (_errors)
        {
            if (line is not null && _errors.Length < KeptErrors)
            {
                _errors.AppendLine(line);
            }
        }
    }
}
