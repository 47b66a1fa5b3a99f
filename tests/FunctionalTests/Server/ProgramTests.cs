using System.Collections;
using System.Net;
using System.Net.Sockets;
using Inference.Server;
using UnitTests.Testing;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>The process as a whole, without the process: arguments and environment in, text and exit code out.</summary>
public sealed class ProgramTests
{
    private static readonly string[] Quiet = ["--Logging:LogLevel:Default=None", "--grpc=127.0.0.1:0", "--http=127.0.0.1:0"];

    [Fact]
    public async Task RunAsync_WithHelp_PrintsIt()
    {
        (int code, string output, string error) = await RunAsync("--help");

        Assert.Equal((0, ""), (code, error));
        Assert.Contains("--bundle DIR", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_WithWrongOptions_ListsAllAndReturnsTwo()
    {
        (int code, string output, string error) = await RunAsync("--Inference:Server:DrainTime=soon", "--Inference:Recommend:MaxLimmit=5", "--bundle");

        Assert.Equal((2, ""), (code, output));
        Assert.Contains("DrainTime = 'soon'", error, StringComparison.Ordinal);
        Assert.Contains("did you mean Inference:Recommend:MaxLimit?", error, StringComparison.Ordinal);
        Assert.Contains("--bundle needs a value", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_WithCheck_OnlyChecks()
    {
        Assert.Equal(0, (await RunAsync("--check")).Code);
        Assert.Equal(2, (await RunAsync("--check", "--Inference:Server:MaxReceiveBytes=1")).Code);
    }

    [Fact]
    public async Task RunAsync_WithABrokenFile_NamesFileAndLine()
    {
        string file = Path.Combine(Path.GetTempPath(), $"broken-{Guid.NewGuid():N}.json");
        await File.WriteAllTextAsync(file, "{\n  \"Inference\": [1,\n}");
        try
        {
            (int code, _, string error) = await RunAsync("--config", file);

            Assert.Equal(2, code);
            Assert.Contains($"{file}, line 3:", error, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task RunAsync_WithoutABundle_SaysWhatToDo()
    {
        (int code, string output, string error) = await RunAsync();

        Assert.Equal((1, ""), (code, output));
        Assert.Contains("./dev cli demo", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_WithABundleThatWasChanged_ListsTheReasons()
    {
        string bundle = await RunningServer.WriteBundleAsync();
        await File.AppendAllTextAsync(Path.Combine(bundle, "items.jsonl"), "{\"id\":\"smuggled\"}\n");

        (int code, string output, string error) = await RunAsync(["--bundle", bundle, .. Quiet]);

        Assert.Equal((1, ""), (code, output));
        Assert.Contains($"'{bundle}' is refused", error, StringComparison.Ordinal);
        Assert.Contains("  - items.jsonl", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_WithAPortThatIsTaken_SaysSoInOneLine()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        string bundle = await RunningServer.WriteBundleAsync();

        (int code, _, string error) = await RunAsync(["--bundle", bundle, .. Quiet, "--grpc", taken.LocalEndpoint.ToString()!]);

        Assert.Equal(1, code);
        Assert.Contains(taken.LocalEndpoint.ToString()!, error, StringComparison.Ordinal);
        Assert.Contains("already in use", error, StringComparison.Ordinal);
        Assert.Contains("--grpc", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task RunAsync_UntilItIsStopped_ShowsTheFirstScreenAndReturnsZero()
    {
        string screen = await FirstScreenAsync();

        Assert.Contains("small/1", screen, StringComparison.Ordinal);
        Assert.Contains("40 items, 2 cluster profiles, 2 known users", screen, StringComparison.Ordinal);
        Assert.Contains("./dev cli recommend", screen, StringComparison.Ordinal);
        Assert.Contains("grpcurl -plaintext", screen, StringComparison.Ordinal);
        Assert.Contains("/metrics", screen, StringComparison.Ordinal);
        Assert.DoesNotContain(":0 ", screen, StringComparison.Ordinal);
        Assert.DoesNotContain(" ! ", screen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_OnAnotherProviderThanWanted_SaysSoOnTheFirstScreen()
    {
        string screen = await FirstScreenAsync(
            "--Inference:Towers:Providers=webgpu,cpu", "--Inference:Towers:ProviderOptions=webgpu.enableGraphCapture=perhaps", "--Inference:Towers:ProviderFallback=true");

        Assert.Contains(" ! the user tower runs on cpu instead of webgpu: ", screen, StringComparison.Ordinal);
        Assert.Contains(" ! the item tower runs on cpu instead of webgpu: ", screen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_StoppedWhileItLoads_ReturnsZero()
    {
        string bundle = await RunningServer.WriteBundleAsync();
        using var stop = new CancellationTokenSource();
        Task<int> running = ServerProgram.RunAsync(["--bundle", bundle, .. Quiet], new Hashtable(), TextWriter.Null, TextWriter.Null, stop.Token);
        await stop.CancelAsync();

        Assert.Equal(0, await running.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Theory]
    [InlineData("src/Inference.Server/appsettings.json")]
    public async Task RunAsync_WithAShippedFile_AcceptsIt(string path) =>
        Assert.Equal((0, "The configuration is fine.\n", ""), await RunAsync("--check", "--config", Repository.PathOf(path)));

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        int code = await ServerProgram.RunAsync(args, new Hashtable(), output, error).WaitAsync(TimeSpan.FromMinutes(1));
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>What a server that was started and stopped has shown.</summary>
    private static async Task<string> FirstScreenAsync(params string[] args)
    {
        string bundle = await RunningServer.WriteBundleAsync();
        using var stop = new CancellationTokenSource();
        var output = new SignalWriter("Try:");
        var error = new StringWriter();

        Task<int> running = ServerProgram.RunAsync(["--bundle", bundle, .. Quiet, .. args], new Hashtable(), output, error, stop.Token);
        Assert.Same(output.Seen, await Task.WhenAny(output.Seen, running, Task.Delay(TimeSpan.FromMinutes(1))));
        await stop.CancelAsync();

        Assert.Equal(0, await running.WaitAsync(TimeSpan.FromSeconds(15)));
        Assert.Equal("", error.ToString());
        return output.ToString();
    }

    /// <summary>Tells when a text was written.</summary>
    private sealed class SignalWriter(string text) : StringWriter
    {
        private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Seen => _seen.Task;

        public override Task WriteAsync(string? value)
        {
            Write(value);
            if (ToString().Contains(text, StringComparison.Ordinal))
                _seen.TrySetResult();
            return Task.CompletedTask;
        }
    }
}
