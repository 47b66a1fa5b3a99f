using System.Text.Json;
using System.Xml.Linq;
using Grpc.Core;
using Inference.Cli.Load;
using Inference.Cli.Load.Plot;
using Xunit;
using LoadOptions = Inference.Cli.Load.LoadOptions;

namespace UnitTests.Cli.Load;

public sealed class LoadPlotsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("load-plots-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("curve", 3)]
    [InlineData("percentiles", 3)]
    [InlineData("series", 3)]
    public async Task Plot_OfWhatLoadWrote_DrawsItsLines(string kind, int lines)
    {
        string file = await WriteAsync("a<b");
        string picture = Path.Combine(_folder, "out.svg");
        CliRun run = await CliRun.Of("load", "plot", file, "--kind", kind, "--out", picture, "--title", "Load & latency");
        Assert.Equal((0, "", ""), (run.Code, run.Output, run.Error));
        XElement svg = XElement.Load(picture);
        XNamespace name = "http://www.w3.org/2000/svg";
        XElement[] drawn = [.. svg.Elements(name + "polyline")];
        Assert.Equal(lines, drawn.Length);
        Assert.Contains("Load & latency", svg.Elements(name + "text").Select(text => text.Value));
        // Every point is within the picture.
        double[] numbers = [.. drawn.SelectMany(line => line.Attribute("points")!.Value.Split(' ', ',')).Select(text => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.NotEmpty(numbers);
        Assert.All(numbers, number => Assert.InRange(number, 0, 760));
    }

    [Fact]
    public async Task Plot_OfACurve_GoesUpAndToTheRight()
    {
        string file = await WriteAsync("curve");
        string svg = LoadPlots.Curve("t", [LoadResult.Read(file)]);
        XNamespace name = "http://www.w3.org/2000/svg";
        double[][] points = [.. XElement.Parse(svg).Elements(name + "polyline").First().Attribute("points")!.Value.Split(' ').Select(point => point.Split(',').Select(text => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture)).ToArray())];
        Assert.Equal(3, points.Length);
        Assert.True(points[0][0] < points[1][0] && points[1][0] < points[2][0]);
        Assert.True(points[0][1] > points[1][1] && points[1][1] > points[2][1]);
    }

    [Fact]
    public async Task Plot_OfSomethingElse_SaysSo()
    {
        string file = Path.Combine(_folder, "other.json");
        await File.WriteAllTextAsync(file, "{\"steps\":[]}");
        CliRun run = await CliRun.Of("load", "plot", file, "--out", Path.Combine(_folder, "out.svg"));
        Assert.Equal(1, run.Code);
        Assert.Contains("is no result of a load", run.Error, StringComparison.Ordinal);
    }

    /// <summary>Three runs: 100, 200 and 300 requests/s, answered in 1, 2 and 3 ms and some in ten times that.</summary>
    private async Task<string> WriteAsync(string fileName)
    {
        string file = Path.Combine(_folder, fileName + ".json");
        var reports = new List<LoadReport>();
        for (int step = 1; step <= 3; step++)
        {
            var options = new LoadOptions
            {
                Rate = step * 100, Arrivals = Arrivals.Constant, Duration = TimeSpan.FromSeconds(0.2), WarmUp = TimeSpan.Zero, MaxRequests = long.MaxValue, Deadline = TimeSpan.FromSeconds(1), MaxInFlight = 10, Seed = 1,
                Interval = TimeSpan.FromMilliseconds(100),
            };
            var mix = new RequestMix(new MixOptions { Traffic = TrafficMix.Of(0), Users = new NumberedIds("u", 2) }, TimeProvider.System);
            var run = new LoadRun([new LoadTarget(new NoInvoker())], options, mix, TimeProvider.System);
            await run.RunAsync(CancellationToken.None);
            for (int i = 0; i < 100; i++)
                run.Tally.Answer(LoadKind.Warm, new LoadAnswer(Recsys.V1.Rung.UserTower, false, false), run.MeasuredFrom, run.MeasuredFrom + step * (i % 10 == 0 ? 10_000_000 : 1_000_000));
            reports.Add(new LoadReport(run, options));
        }

        using var stream = new MemoryStream();
        await using (var json = new Utf8JsonWriter(stream))
            LoadJson.Write(json, reports, sustained: null);
        await File.WriteAllBytesAsync(file, stream.ToArray());
        return file;
    }

    /// <summary>Refuses every call at once.</summary>
    private sealed class NoInvoker : CallInvoker
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
            throw new RpcException(new Status(StatusCode.Unavailable, "nobody is here"));

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();
    }
}
