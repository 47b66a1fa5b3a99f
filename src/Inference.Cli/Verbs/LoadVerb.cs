using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Inference.Cli.Load;
using Inference.Towers.Import;
using Recsys.V1;

namespace Inference.Cli.Verbs;

/// <summary>`load`: offers a running server requests at a rate and measures how it answers.</summary>
internal static class LoadVerb
{
    public static Verb Create(CommandHost host)
    {
        var address = new Option<string>("--address") { Description = "Address of the server's gRPC port", HelpName = "URL", DefaultValueFactory = _ => "http://127.0.0.1:5001" };
        address.Validators.Add(ServerOptions.CheckAddress);
        Option<double> rate = Numbers.Option("--rps", "Requests per second that are offered, whether or not the server keeps up", 1000.0, 0.1, 200_000);
        Option<TimeSpan> duration = Durations.Option("--duration", "How long to measure", TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        Option<TimeSpan> warmUp = Durations.Option("--warmup", "How long to send before that without measuring", TimeSpan.FromSeconds(2), TimeSpan.Zero, TimeSpan.FromMinutes(10));
        Option<long> requests = Numbers.Option("--requests", "Most requests to measure", 1_000_000_000L, 1, 1_000_000_000);
        Option<int> connections = Numbers.Option("--connections", "HTTP/2 connections; requests go round", 4, 1, 1000);
        var arrivals = new Option<Arrivals>("--arrivals") { Description = "poisson: as independent users come; constant: at equal distances", HelpName = "poisson|constant", CustomParser = ParseArrivals };
        var usersFile = new Option<string?>("--users-file") { Description = "File of user ids, one per line or the first column of a CSV file; the first are the most active", HelpName = "FILE" };
        Option<int> users = Numbers.Option("--users", "Instead of a file: this many users u1, u2, …, as the demo world has them", 1000, 0, 10_000_000);
        var prefix = new Option<string>("--user-prefix") { Description = "What stands before the number in the ids of --users", HelpName = "TEXT", DefaultValueFactory = _ => "u" };
        var inOrder = new Option<bool>("--in-order") { Description = "Known users ask one after another rather than by their activity" };
        Option<double> cold = Numbers.Option("--cold", "Share of requests from users never seen before", 0.0, 0, 1);
        Option<string[]> context = ContextOption.Option("A context feature of all requests; several values of one name are drawn from");
        Option<int> limit = RecommendVerb.LimitOption();
        Option<string> surface = RecommendVerb.SurfaceOption();
        var explain = new Option<bool>("--explain") { Description = "Ask for reasons" };
        Option<string> filter = RecommendVerb.FilterOption();
        Option<TimeSpan> deadline = Durations.Option("--deadline", "Deadline of each request", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));
        Option<int> maxInFlight = Numbers.Option("--max-in-flight", "Requests that may wait for their answers at once; beyond it they count as not sent", 10_000, 1, 1_000_000);
        Option<ulong> seed = Numbers.Option("--seed", "Names the chance in arrivals, users and context", 1UL, 0UL, ulong.MaxValue);
        Option<double> maxP99 = Numbers.Option("--max-p99", "Exit with 1 when the 99th percentile is above this many milliseconds", double.PositiveInfinity, 0, double.MaxValue);
        Option<double> maxErrors = Numbers.Option("--max-errors", "Exit with 1 when a greater share of the requests gets no answer", 1.0, 0, 1);
        Option<string?> json = JsonFile.Option();

        var command = new Command("load", "Offer a running server requests at a fixed rate and measure how it answers")
        {
            address, rate, duration, warmUp, requests, connections, arrivals, usersFile, users, prefix, inOrder, cold, context, surface, limit, explain, filter, deadline, maxInFlight, seed, maxP99, maxErrors, json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(usersFile) is not null && result.GetResult(users) is { Implicit: false })
                result.AddError("--users and --users-file cannot go together");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new LoadOptions
            {
                Rate = parsed.GetValue(rate),
                Arrivals = parsed.GetValue(arrivals),
                Duration = parsed.GetValue(duration),
                WarmUp = parsed.GetValue(warmUp),
                MaxRequests = parsed.GetValue(requests),
                Deadline = parsed.GetValue(deadline),
                MaxInFlight = parsed.GetValue(maxInFlight),
                Seed = parsed.GetValue(seed),
            };
            IReadOnlyList<string> ids = parsed.GetValue(usersFile) is { } file
                ? ReadUsers(file)
                : [.. Enumerable.Range(1, parsed.GetValue(users)).Select(number => string.Create(CultureInfo.InvariantCulture, $"{parsed.GetValue(prefix)}{number}"))];
            var mix = new RequestMix(ids, parsed.GetValue(cold), ContextChoices(parsed.GetRequiredValue(context)), parsed.GetValue(limit), parsed.GetValue(explain), options.Seed, parsed.GetValue(inOrder), parsed.GetRequiredValue(filter), parsed.GetRequiredValue(surface));
            LoadReport report = await RunAsync(host, parsed.GetRequiredValue(address), parsed.GetValue(connections), options, mix, cancellationToken);

            string? jsonFile = parsed.GetValue(json);
            if (!JsonFile.IsInsteadOfTable(jsonFile))
                report.Table(host);
            await JsonFile.WriteAsync(host, jsonFile, report.Json, CancellationToken.None);
            return Judge(host, report, parsed.GetValue(maxP99), parsed.GetValue(maxErrors));
        });
        return new Verb(
            command,
            "inference load --rps 1000 --duration 30s",
            "inference load --rps 5000 --connections 8 --cold 0.2 --context country=DE --context country=GB --json load.json",
            "inference load --users-file data/users.csv --rps 200 --max-p99 5 --max-errors 0");
    }

    private static async Task<LoadReport> RunAsync(CommandHost host, string address, int count, LoadOptions options, RequestMix mix, CancellationToken cancellationToken)
    {
        var connections = new List<ServerConnection>(count);
        try
        {
            for (int i = 0; i < count; i++)
                connections.Add(new ServerConnection(address));
            // One question on each connection before the clock starts: tells at once when there is no server, and opens the connections.
            foreach (ServerConnection connection in connections)
            {
                var probe = new RecommendRequest { Limit = 1 };
                await connection.CallAsync((client, callOptions) => client.RecommendAsync(probe, callOptions), TimeSpan.FromSeconds(10), host.Time, cancellationToken);
            }

            var run = new LoadRun([.. connections.Select(connection => connection.Client)], options, mix, host.Time);
            return await host.WithProgressAsync(async begin =>
            {
                IProgress<double> progress = begin("offering load");
                Task ended = run.RunAsync(cancellationToken);
                while (!ended.IsCompleted)
                {
                    progress.Report(run.Done);
                    await Task.WhenAny(ended, Task.Delay(TimeSpan.FromMilliseconds(200), host.Time, CancellationToken.None));
                }

                await ended;
                return new LoadReport(run, options);
            });
        }
        finally
        {
            foreach (ServerConnection connection in connections)
                connection.Dispose();
        }
    }

    private static int Judge(CommandHost host, LoadReport report, double maxP99, double maxErrors)
    {
        int code = ExitCode.Ok;
        void Fail(string message)
        {
            host.Error.WriteLine("failed: " + message);
            code = ExitCode.Failed;
        }

        if (report.Answered == 0)
            Fail("no request was answered");
        if (report.P99Milliseconds > maxP99)
            Fail(string.Create(CultureInfo.InvariantCulture, $"p99 is {report.P99Milliseconds:0.000} ms, above {maxP99} ms"));
        if (report.ErrorShare > maxErrors)
            Fail(string.Create(CultureInfo.InvariantCulture, $"{report.ErrorShare:P2} of the requests got no answer, more than {maxErrors:P2}"));
        return code;
    }

    private static List<(string Name, FeatureValue[] Values)> ContextChoices(string[] pairs)
    {
        var choices = new SortedDictionary<string, List<FeatureValue>>(StringComparer.Ordinal);
        foreach (string pair in pairs)
        {
            if (!ContextOption.TryParse(pair, out string name, out FeatureValue value))
                continue;
            if (!choices.TryGetValue(name, out List<FeatureValue>? values))
                choices.Add(name, values = []);
            values.Add(value);
        }

        return [.. choices.Select(choice => (choice.Key, choice.Value.ToArray()))];
    }

    private static List<string> ReadUsers(string path)
    {
        var ids = new List<string>();
        using var csv = new CsvReader(path, hasHeader: false);
        while (csv.Read())
        {
            string id = csv[0];
            if (id.Length > 0 && !(ids.Count == 0 && id == "user_id"))
                ids.Add(id);
        }

        return ids.Count > 0 ? ids : throw new CommandFailedException($"'{path}' has no user ids.");
    }

    private static Arrivals ParseArrivals(ArgumentResult result)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (text is "poisson" or "constant")
            return text == "constant" ? Arrivals.Constant : Arrivals.Poisson;
        result.AddError($"--arrivals is poisson or constant, not '{text}'");
        return default;
    }
}
