using System.Diagnostics;
using Xunit;

namespace UnitTests.Towers.Runtime;

/// <summary>
/// The native library starts telemetry with the first session of a process unless the environment forbids it. Seen in a process whose environment says
/// nothing of it, and that is not taken for one of a build server, on which the library keeps quiet by itself.
/// </summary>
public sealed class TelemetryTests
{
    [Fact]
    public async Task FirstSession_InABareEnvironment_LeavesNothingInTheHomeFolder()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        using var folder = new TemporaryFolder();
        string home = Directory.CreateDirectory(folder["home"]).FullName;

        await CheckAsync(bundle.Path, home);

        Assert.Empty(Directory.EnumerateFileSystemEntries(home, "*", SearchOption.AllDirectories));
    }

    /// <summary>Checks a bundle, which opens its towers, by the command-line tool.</summary>
    private static async Task CheckAsync(string bundle, string home)
    {
        string folder = AppContext.BaseDirectory;
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            // With the frameworks of the tests, beside which the tool lies: what is part of those was not copied here.
            ArgumentList =
            {
                "exec", "--runtimeconfig", Path.Combine(folder, "UnitTests.runtimeconfig.json"), "--depsfile", Path.Combine(folder, "UnitTests.deps.json"),
                Path.Combine(folder, "inference.dll"), "bundle", "check", bundle,
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in start.Environment.Keys.Except(["PATH", "DOTNET_ROOT", "SystemRoot", "TEMP", "TMPDIR", "ONNXRUNTIME_LIBRARY"], StringComparer.OrdinalIgnoreCase).ToArray())
            start.Environment.Remove(name);
        start.Environment["HOME"] = start.Environment["USERPROFILE"] = start.Environment["LOCALAPPDATA"] = home;

        using Process process = Process.Start(start)!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
            Assert.True(process.ExitCode == 0, $"{await output}{await errors}");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
