using System.Diagnostics;
using System.Globalization;
using RedisRig;
using Xunit;

namespace FunctionalTests.Storage;

/// <summary>A redis-server of its own on a free port of this machine, without persistence; ended with the test.</summary>
internal sealed class RedisProcess : IDisposable
{
    private readonly string[] _arguments;
    private readonly string _folder;
    private Process? _process;

    private RedisProcess(int port, Func<string, string[]> argumentsIn)
    {
        Port = port;
        _folder = Directory.CreateTempSubdirectory("redis-").FullName;
        _arguments = argumentsIn(_folder);
    }

    public int Port { get; }

    /// <summary>Whether it was started and not killed.</summary>
    public bool IsRunning => _process is not null;

    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Where the nodes of a cluster talk with each other; 0 where there is none.</summary>
    public int BusPort => Array.IndexOf(_arguments, "--cluster-port") is var at and >= 0 ? int.Parse(_arguments[at + 1], CultureInfo.InvariantCulture) : 0;

    /// <summary>Starts a server and waits until it accepts connections.</summary>
    /// <param name="arguments">Beside port and folder.</param>
    /// <exception cref="SkipException">There is no redis-server on this machine.</exception>
    public static Task<RedisProcess> StartAsync(params string[] arguments) => StartAsync(_ => arguments);

    /// <summary>As above, for what needs the folder.</summary>
    public static async Task<RedisProcess> StartAsync(Func<string, string[]> argumentsIn)
    {
        var redis = new RedisProcess(FreePort(), argumentsIn);
        await redis.StartAgainAsync();
        return redis;
    }

    public static int FreePort() => FreePorts.Take();

    /// <summary>Starts it on the same port, empty, after <see cref="Kill"/>.</summary>
    public async Task StartAgainAsync()
    {
        var start = new ProcessStartInfo("redis-server") { RedirectStandardOutput = true, RedirectStandardError = true };
        // A Sentinel wants its own file first and knows nothing of persistence.
        string[] arguments = _arguments is [string file, "--sentinel"]
            ? [file, "--sentinel"]
            : ["--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", _folder, .. _arguments];
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        try
        {
            _process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Skip.If(Environment.GetEnvironmentVariable("CI") != "true", "There is no redis-server on this machine.");
            throw;
        }

        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null)
                ready.TrySetException(new InvalidOperationException("redis-server ended."));
            else if (line.Data.Contains("Ready to accept connections", StringComparison.Ordinal) || line.Data.Contains("+monitor", StringComparison.Ordinal))
                ready.TrySetResult();
        };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    /// <summary>Freezes it: connections stay, nothing answers.</summary>
    public void Freeze() => Signal("STOP");

    public void Thaw() => Signal("CONT");

    public void Kill()
    {
        if (_process is null)
            return;
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Runs redis-cli against it and returns what it printed.</summary>
    public string Cli(params string[] arguments) => Run("redis-cli", ["-p", $"{Port}", .. arguments]);

    /// <summary>Runs a program and returns what it printed.</summary>
    public static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output.Trim();
    }

    /// <summary>How many connections it has taken since it started, those of this class too.</summary>
    public int Connections() => int.Parse(Cli("INFO", "stats").Split('\n').First(static line => line.StartsWith("total_connections_received:", StringComparison.Ordinal)).Split(':')[1], CultureInfo.InvariantCulture);

    /// <summary>Waits until it holds so many keys.</summary>
    public Task UntilKeysAsync(int keys) => RedisWorld.UntilAsync(() => Cli("DBSIZE") == $"{keys}");

    public void Dispose()
    {
        Kill();
        Directory.Delete(_folder, recursive: true);
    }

    private void Signal(string name)
    {
        using Process kill = Process.Start("kill", ["-" + name, $"{_process!.Id}"]);
        kill.WaitForExit();
    }
}
