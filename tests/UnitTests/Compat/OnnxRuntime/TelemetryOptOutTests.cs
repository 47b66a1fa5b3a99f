using Xunit;

namespace UnitTests.Compat.OnnxRuntime;

/// <summary>
/// The native library starts telemetry with the first environment unless it is told not to before it is loaded. Seen in a process whose
/// environment says nothing, neither ORT_DISABLE_TELEMETRY nor the variables of build servers, under which the library keeps quiet by itself.
/// </summary>
public sealed class TelemetryOptOutTests
{
    [Fact]
    public async Task FirstSession_InABareEnvironment_LeavesNothingInTheHomeFolder()
    {
        using var probe = new ProbeProcess();

        Assert.Equal(0, await probe.RunAsync("run"));

        Assert.Equal(["32,48"], probe.Lines["y"]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(probe.Home, "*", SearchOption.AllDirectories));
    }

    [SkippableFact]
    public async Task FirstSession_InABareEnvironment_StartsNoThread()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Thread names are read from /proc.");
        using var probe = new ProbeProcess();

        Assert.Equal(0, await probe.RunAsync("run"));

        // The session runs on the caller's thread alone, and .NET names its own. A thread that a library starts bears the name of the one that started it.
        Assert.Single(probe.Lines["thread"], name => !name.StartsWith(".NET", StringComparison.Ordinal));
    }
}
