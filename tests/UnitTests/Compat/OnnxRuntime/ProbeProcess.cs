using System.Diagnostics;
using UnitTests.OnnxRuntime;

namespace UnitTests.Compat.OnnxRuntime;

/// <summary>Runs the program OnnxRuntimeProbe, which lies beside the tests, with an environment and a home folder of its own.</summary>
internal sealed class ProbeProcess : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("probe-");

    public ProbeProcess()
    {
        Home = _folder.CreateSubdirectory("home").FullName;
        Model = Path.Combine(_folder.FullName, "linear.onnx");
        File.WriteAllBytes(Model, TinyModels.Linear);
    }

    public string Home { get; }

    public string Model { get; }

    /// <summary>Variables beyond PATH, the home folder and where .NET is: nothing of the test run's own environment reaches the process.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>The value after each <c>key=</c> line that the process printed.</summary>
    public ILookup<string, string> Lines { get; private set; } = Enumerable.Empty<string>().ToLookup(line => line);

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(string verb, string? program = null)
    {
        var start = new ProcessStartInfo(System.Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            ArgumentList = { "exec", program ?? Path.Combine(AppContext.BaseDirectory, "OnnxRuntimeProbe.dll"), verb, Model },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (string name in new[] { "PATH", "DOTNET_ROOT", "SystemRoot", "TEMP", "TMPDIR" })
        {
            if (System.Environment.GetEnvironmentVariable(name) is { } value)
                start.Environment[name] = value;
        }
        start.Environment["HOME"] = Home;
        start.Environment["USERPROFILE"] = Home;
        start.Environment["LOCALAPPDATA"] = Home;
        foreach ((string name, string value) in Environment)
            start.Environment[name] = value;

        using Process process = Process.Start(start)!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
            Lines = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(line => line.Split('=', 2))
                .ToLookup(parts => parts[0], parts => parts[^1]);
            await errors;
            return process.ExitCode;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
