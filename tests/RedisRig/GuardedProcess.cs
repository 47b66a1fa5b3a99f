using System.Diagnostics;
using System.Globalization;

namespace RedisRig;

/// <summary>
/// A program that ends with this process, however this process ends: a shell between the two starts it, passes signals on by name, and kills it when its own standard
/// input ends.
/// </summary>
internal sealed class GuardedProcess : IAsyncDisposable
{
    private const string Guard = """
        trap '' INT
        "$@" >/dev/null 2>&1 &
        pid=$!
        echo "$pid"
        while read -r signal; do
          if kill -s "$signal" "$pid" 2>/dev/null; then echo sent; else echo gone; fi
        done
        kill -s KILL "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
        """;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Process _shell;
    private readonly SemaphoreSlim _turn = new(1);

    private GuardedProcess(Process shell, int id)
    {
        _shell = shell;
        Id = id;
    }

    /// <summary>Id of the program's process.</summary>
    public int Id { get; }

    /// <summary>Starts a program of the search path. What it prints is dropped.</summary>
    public static async Task<GuardedProcess> StartAsync(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", Guard, "guard", program, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        Process shell = Process.Start(start) ?? throw new InvalidOperationException("/bin/sh did not start.");
        string? id = await shell.StandardOutput.ReadLineAsync().WaitAsync(s_patience);
        return new GuardedProcess(shell, int.Parse(id ?? throw new InvalidOperationException("/bin/sh ended."), CultureInfo.InvariantCulture));
    }

    /// <summary>Sends a signal and returns once it is sent.</summary>
    /// <param name="signal">Its name without SIG, for example "STOP".</param>
    /// <returns>Whether there was a process to take it.</returns>
    public async Task<bool> SignalAsync(string signal)
    {
        await _turn.WaitAsync();
        try
        {
            await _shell.StandardInput.WriteLineAsync(signal);
            await _shell.StandardInput.FlushAsync();
            return await _shell.StandardOutput.ReadLineAsync().WaitAsync(s_patience) == "sent";
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Ends the program by SIGKILL, stopped or not, and returns once it is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync().WaitAsync(s_patience);
        _shell.Dispose();
        _turn.Dispose();
    }
}
