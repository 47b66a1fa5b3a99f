using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Interop;
using Xunit;

namespace UnitTests.Compat.OnnxRuntime;

public sealed class OrtLibraryTests
{
    private static readonly string s_libraryFile =
        OperatingSystem.IsWindows() ? "onnxruntime.dll" : OperatingSystem.IsMacOS() ? "libonnxruntime.1.dylib" : "libonnxruntime.so.1";

    [Fact]
    public void Load_WithConfiguredFileThatIsMissing_NamesFileAndVariable()
    {
        var error = Assert.Throws<DllNotFoundException>(() => LibrarySearch.Load("/there/is/no/libonnxruntime.so"));

        Assert.Contains("/there/is/no/libonnxruntime.so", error.Message, StringComparison.Ordinal);
        Assert.Contains("ONNXRUNTIME_LIBRARY", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_WithConfiguredFileThatIsNoLibrary_SaysThatItCannotBeLoaded()
    {
        string file = Path.GetTempFileName();
        try
        {
            var error = Assert.Throws<DllNotFoundException>(() => LibrarySearch.Load(file));
            Assert.Contains(file, error.Message, StringComparison.Ordinal);
            Assert.Contains("damaged", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Load_WithoutConfiguration_TakesTheLibraryBesideTheApplication() =>
        Assert.Equal(Path.Combine(AppContext.BaseDirectory, s_libraryFile), LibrarySearch.Load(null).Path);

    [Fact]
    public async Task FirstSession_WithConfiguredFileThatIsMissing_FailsWithWhatToDo()
    {
        using var probe = new ProbeProcess();
        probe.Environment["ONNXRUNTIME_LIBRARY"] = "/there/is/no/libonnxruntime.so";

        Assert.Equal(1, await probe.RunAsync("run"));

        Assert.StartsWith("DllNotFoundException: ONNXRUNTIME_LIBRARY names a file that does not exist: /there/is/no/libonnxruntime.so.", Assert.Single(probe.Lines["error"]), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task FirstSession_WithConfiguredFileThatIsAnotherLibrary_SaysSo()
    {
        const string MathLibrary = "/usr/lib/x86_64-linux-gnu/libm.so.6";
        Skip.IfNot(File.Exists(MathLibrary), "There is no library here that is known not to be ONNX Runtime.");
        using var probe = new ProbeProcess();
        probe.Environment["ONNXRUNTIME_LIBRARY"] = MathLibrary;

        Assert.Equal(1, await probe.RunAsync("run"));

        Assert.Equal($"OnnxRuntimeException: [ErrorCode:Fail] {MathLibrary} is not an ONNX Runtime library: it does not export OrtGetApiBase.", Assert.Single(probe.Lines["error"]));
    }

    [Fact]
    public async Task FirstSession_WithoutAnyLibrary_FailsWithWhatToDo()
    {
        using var probe = new ProbeProcess();
        string bare = Path.Combine(probe.Home, "app");
        Directory.CreateDirectory(bare);
        foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory, "OnnxRuntimeProbe.*").Append(Path.Combine(AppContext.BaseDirectory, "Microsoft.ML.OnnxRuntime.dll")))
            File.Copy(file, Path.Combine(bare, Path.GetFileName(file)));

        Assert.Equal(1, await probe.RunAsync("run", Path.Combine(bare, "OnnxRuntimeProbe.dll")));

        string error = Assert.Single(probe.Lines["error"]);
        Assert.StartsWith($"DllNotFoundException: The ONNX Runtime native library ({s_libraryFile}", error, StringComparison.Ordinal);
        Assert.Contains(bare, error, StringComparison.Ordinal);
        Assert.Contains("-p:OnnxRuntimeLibrary=FILE", error, StringComparison.Ordinal);
        Assert.Contains("ONNXRUNTIME_LIBRARY", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FirstSession_WithConfiguredFile_UsesIt()
    {
        using var probe = new ProbeProcess();
        string elsewhere = Path.Combine(probe.Home, "libelsewhere.so");
        File.Copy(Path.Combine(AppContext.BaseDirectory, s_libraryFile), elsewhere);
        probe.Environment["ONNXRUNTIME_LIBRARY"] = elsewhere;

        Assert.Equal(0, await probe.RunAsync("run"));

        Assert.Equal(["32,48"], probe.Lines["y"]);
    }

    [Fact]
    public async Task CreateInstanceWithOptions_WithGlobalThreadsAndLogFunction_ServesSessionsWithoutThreadsOfTheirOwn()
    {
        using var probe = new ProbeProcess();

        Assert.Equal(0, await probe.RunAsync("global-threads"));

        Assert.Equal(["False"], probe.Lines["created before"]);
        Assert.Equal(["True"], probe.Lines["created after"]);
        Assert.Equal(["32,48"], probe.Lines["y"]);
        Assert.Equal(["True"], probe.Lines["logged"]);
        if (OperatingSystem.IsLinux())
            Assert.Equal(2, probe.Lines["thread"].Count(name => !name.StartsWith(".NET", StringComparison.Ordinal)) - 1);
    }

    [Fact]
    public void ErrorMessage_HasTheFormOfTheOfficialPackage() =>
        Assert.Equal("[ErrorCode:NoModel] words", new OnnxRuntimeException(ErrorCode.NoModel, "words").Message);

    [Fact]
    public void ErrorMessage_WithACodeOfALaterVersion_ShowsItsNumber() =>
        Assert.Equal("[ErrorCode:99] words", new OnnxRuntimeException((ErrorCode)99, "words").Message);
}
