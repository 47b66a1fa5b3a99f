using System.CommandLine;
using System.Globalization;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Inference.Cli.Load;

namespace Inference.Cli.Verbs;

/// <summary>`load`: offers a running server requests at a rate and measures how it answers.</summary>
internal static class LoadVerb
{
    /// <summary>How near a search comes to the highest rate.</summary>
    private const double SearchPrecision = 0.03;

    /// <summary>How long the first of several rates is offered before it is measured: the generator's own code is compiled meanwhile, which would be taken for the server's time.</summary>
    private static readonly TimeSpan FirstWarmUp = TimeSpan.FromSeconds(3);

    public static Verb Create(CommandHost host)
    {
        var line = new LoadCommandLine();
        var command = new Command("load", "Offer a running server requests at fixed rates and measure how it answers");
        line.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            LoadArguments arguments = line.Read(parsed, host.Time);
            OutputPath.CheckFile("--json", arguments.JsonFile);
            OutputPath.CheckFile("--hgrm", arguments.HistogramFile);
            var reports = new List<LoadReport>();
            double? sustained = await RunAsync(host, arguments, reports, cancellationToken);
            if (!JsonFile.IsInsteadOfTable(arguments.JsonFile))
                Table(host, reports, arguments, sustained);
            await JsonFile.WriteAsync(host, arguments.JsonFile, json => LoadJson.Write(json, reports, sustained), CancellationToken.None);
            if (arguments.HistogramFile is { } histogram)
                await File.WriteAllTextAsync(histogram, HdrPercentiles.Text(reports[^1].Tally.Latency), CancellationToken.None);
            return Judge(host, reports, arguments, sustained);
        });
        return new Verb(
            command,
            "inference load --rps 1000 --duration 30s",
            "inference load --rps 5000 --connections 8 --cold 0.2 --context country=DE --context country=GB --json load.json",
            "inference load --rps 500:3000:500 --users 100000 --zipf 1.05 --mix warm=70,cold=10,session=10,filtered=5,events=5 --filter 'stock > 40' --context country=DE --json curve.json",
            "inference load --search 500:20000 --slo 5ms --duration 8s",
            "inference load --users-file data/users.csv --rps 200 --max-p99 5 --max-errors 0");
    }

    /// <returns>The highest rate that was sustained, where one is searched for.</returns>
    private static async Task<double?> RunAsync(CommandHost host, LoadArguments arguments, List<LoadReport> reports, CancellationToken cancellationToken)
    {
        await using LoadSession session = await LoadSession.OpenAsync(
            host,
            () => new ServerConnection(arguments.Address, arguments.Access, around: static handler => new ToldDeadline(handler)),
            arguments.Connections,
            arguments.Headers,
            arguments.Options.Deadline,
            new RequestMix(arguments.Mix, host.Time),
            cancellationToken);

        async Task<LoadReport> OfferAsync(double rate)
        {
            TimeSpan warmUp = arguments.Options.WarmUp;
            // The generator, the connections and the server are warm after the first; later on only the change of the rate has to settle.
            if (reports.Count > 0 && warmUp > TimeSpan.FromSeconds(1))
                warmUp = TimeSpan.FromSeconds(1);
            else if (reports.Count == 0 && (arguments.Search is not null || arguments.Rates.Count > 1) && warmUp < FirstWarmUp)
                warmUp = FirstWarmUp;
            LoadOptions options = arguments.Options with { Rate = rate, WarmUp = warmUp, Seed = arguments.Options.Seed + (ulong)reports.Count };
            LoadReport report = await session.RunAsync(options, string.Create(CultureInfo.InvariantCulture, $"offering {rate:0.#}/s"), cancellationToken);
            reports.Add(report);
            return report;
        }

        if (arguments.Search is not var (from, to))
        {
            foreach (double rate in arguments.Rates)
            {
                if (reports.Count == 0 || !cancellationToken.IsCancellationRequested)
                    await OfferAsync(rate);
            }

            return null;
        }

        return await new RateSearch(from, to, SearchPrecision).RunAsync(async rate => !cancellationToken.IsCancellationRequested && (await OfferAsync(rate)).IsSustained);
    }

    private static void Table(CommandHost host, List<LoadReport> reports, LoadArguments arguments, double? sustained)
    {
        if (reports.Count == 1)
            reports[0].Table(host);
        else
            LoadReport.Table(host, reports);
        if (sustained is { } rate)
            host.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rate:N0} requests/s with p99 within {arguments.Options.Goal.TotalMilliseconds:0.###} ms"));
    }

    private static int Judge(CommandHost host, List<LoadReport> reports, LoadArguments arguments, double? sustained)
    {
        int code = ExitCode.Ok;
        void Fail(string message)
        {
            host.Error.WriteLine("failed: " + message);
            code = ExitCode.Failed;
        }

        if (sustained is { } rate)
        {
            if (rate == 0)
                Fail(string.Create(CultureInfo.InvariantCulture, $"not even {reports[0].Options.Rate:0.#} requests/s are sustained"));
            return code;
        }

        foreach (LoadReport report in reports)
        {
            string at = reports.Count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" at {report.Options.Rate:0.#}/s");
            if (report.Answered == 0)
                Fail("no request was answered" + at);
            if (report.P99Milliseconds > arguments.MaxP99Milliseconds)
                Fail(string.Create(CultureInfo.InvariantCulture, $"p99 is {report.P99Milliseconds:0.000} ms, above {arguments.MaxP99Milliseconds} ms{at}"));
            if (report.ErrorShare > arguments.MaxErrorShare)
                Fail(string.Create(CultureInfo.InvariantCulture, $"{report.ErrorShare:P2} of the requests got no answer, more than {arguments.MaxErrorShare:P2}{at}"));
        }

        return code;
    }
}
