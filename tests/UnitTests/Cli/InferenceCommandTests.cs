using System.Net;
using System.Net.Sockets;
using Inference.Cli.Frame;
using Xunit;

namespace UnitTests.Cli;

public sealed class InferenceCommandTests
{
    [Fact]
    public async Task Run_WithVersion_PrintsIt()
    {
        (int code, string output, _) = await CliRun.Of("--version");
        Assert.Equal(ExitCode.Ok, code);
        Assert.Matches(@"^inference \d+\.\d+\.\d+", output);
    }

    [Theory]
    [InlineData("")]
    [InlineData("demo")]
    [InlineData("evaluate")]
    [InlineData("train")]
    [InlineData("distill")]
    [InlineData("train-ranker")]
    [InlineData("bundle")]
    [InlineData("bundle import")]
    [InlineData("bundle check")]
    [InlineData("recommend")]
    [InlineData("similar")]
    [InlineData("load")]
    [InlineData("load plot")]
    [InlineData("simulate")]
    [InlineData("index")]
    [InlineData("index bench")]
    [InlineData("index truth")]
    public async Task Run_WithHelp_ShowsExamples(string verb)
    {
        (int code, string output, string error) = await CliRun.Of([.. verb.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains("Usage:", output, StringComparison.Ordinal);
        Assert.Contains("Examples:", output, StringComparison.Ordinal);
        Assert.Contains($"inference {verb}".TrimEnd(), output, StringComparison.Ordinal);
        Assert.Empty(error);
    }

    [Theory]
    [InlineData("recomend --user u1", "did you mean 'recommend'?", "usage: inference (")]
    [InlineData("recommend --usr u1", "unknown option '--usr'; did you mean '--user'?", "usage: inference recommend [options]")]
    [InlineData("recommend --limit many", "many", "usage: inference recommend")]
    [InlineData("recommend --context DE", "not of the form NAME=VALUE", "usage: inference recommend")]
    [InlineData("recommend --address nowhere", "no address like http://127.0.0.1:5001", "usage: inference recommend")]
    [InlineData("recommend --timeout 0", "--timeout must be 1ms to 600s, not 0", "usage: inference recommend")]
    [InlineData("similar", "--item", "usage: inference similar --item ID,ID… [options]")]
    [InlineData("load --rps 0", "rates must be 0.1 to 200000, not 0", "usage: inference load [plot] [options]")]
    [InlineData("load --rps 3000:500:100", "no range like 500:3000:500", "usage: inference load")]
    [InlineData("load --search 500", "no pair of rates like 500:20000", "usage: inference load")]
    [InlineData("load --mix warm=70,colt=30", "'colt' is no kind of request; there are warm, cold, session, filtered, similar, events, stream", "usage: inference load")]
    [InlineData("load --mix warm=70 --cold 0.5", "--mix and --cold cannot go together", "usage: inference load")]
    [InlineData("load --mix warm=70,filtered=5", "say by which --filter", "usage: inference load")]
    [InlineData("load --header bulk", "not of the form NAME=VALUE", "usage: inference load")]
    [InlineData("load plot", "--out", "usage: inference load plot FILE --out FILE.svg [options]")]
    [InlineData("load --cold 1.5", "--cold must be 0 to 1, not 1.5", "usage: inference load")]
    [InlineData("load --arrivals bursty", "--arrivals is poisson or constant, not 'bursty'", "usage: inference load")]
    [InlineData("load --users 5 --users-file a.txt", "cannot go together", "usage: inference load")]
    [InlineData("demo", "--out", "usage: inference demo --out DIR [options]")]
    [InlineData("demo --out d --items 5", "items must be 100 to 5000000, not 5", "usage: inference demo")]
    [InlineData("bundle", "equired command", "usage: inference bundle (import | check | diff)")]
    [InlineData("", "equired command", "usage: inference (")]
    public async Task Run_WithWrongUsage_Says2AndWhatAndHow(string line, string expected, string usage)
    {
        (int code, string output, string error) = await CliRun.Of(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Contains(usage, error, StringComparison.Ordinal);
        Assert.Empty(output);
    }

    [Theory]
    [InlineData("recommend")]
    [InlineData("similar --item i1")]
    [InlineData("load --duration 1 --warmup 0")]
    public async Task Run_WithNoServer_Says1AndWhatToDo(string line)
    {
        // A port that was free a moment ago: nobody listens there.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        (int code, string output, string error) = await CliRun.Of([.. line.Split(' '), "--address", $"http://127.0.0.1:{port}"]);
        Assert.Equal(ExitCode.Failed, code);
        Assert.Empty(output);
        Assert.Contains($"no server answers at http://127.0.0.1:{port}", error, StringComparison.Ordinal);
        Assert.Contains("./dev run", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }
}
