using System.CommandLine;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Inference.Cli.Simulation;
using Inference.Training.Demo;

namespace Inference.Cli.Verbs;

/// <summary>`simulate`: plays sessions of a demo world's unseen users against a running server.</summary>
internal static class SimulateVerb
{
    private const string Page = "simulation.html", Results = "simulation.json";

    public static Verb Create(CommandHost host)
    {
        var server = new ServerOptions();
        server.Address.Aliases.Add("--server");
        var data = new Option<string>("--data") { Description = "Data folder of the demo world that the server serves, with its truth", HelpName = "DIR", Required = true };
        Option<string[]> policies = Policies();
        Option<int> sessions = Numbers.Option("--sessions", "Sessions that every policy plays", 200, 1, 1_000_000);
        Option<int> pages = Numbers.Option("--pages", "Pages of a session", 10, 1, 1_000);
        Option<int> limit = Numbers.Option("--limit", "Items of a page", 10, 1, 1_000);
        Option<double> appetite = Numbers.Option("--appetite", "Events that a user would make who was shown everything; more make more clicks", 100.0, 0.01, 1e6);
        Option<double> bias = Numbers.Option("--position-bias", "Slot k is looked at with the probability k^-N; 0: every slot is", 0.0, 0, 10);
        Option<int> newItems = Numbers.Option("--new-items", "New items of the world that are put into the catalogue first, with a slot of each page for them", 0, 0, 1_000_000);
        Option<ulong> seed = Numbers.Option("--seed", "Names everything that is chance", 1UL, ulong.MinValue, ulong.MaxValue);
        var keep = new Option<bool>("--keep") { Description = "Leave the simulated users and the new items where they are; otherwise they are forgotten and deleted" };
        var outFolder = new Option<string?>("--out") { Description = $"Also write {Page} with learning curves and {Results} into this folder", HelpName = "DIR" };
        Option<string?> json = JsonFile.Option();
        var command = new Command("simulate", "Play sessions of unseen users of a demo world against a running server: clicks per page against popularity and against who knows the truth")
        {
            data, policies, sessions, pages, limit, appetite, bias, newItems, seed, keep, outFolder, json,
        };
        server.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            DemoTruth truth = DemoTruth.Read(parsed.GetRequiredValue(data));
            int added = parsed.GetValue(newItems);
            if (added > truth.NewItems.Count)
                throw new CommandFailedException(FormattableString.Invariant($"--new-items {added}: the world has {truth.NewItems.Count} new items."));
            var options = new SimulationOptions
            {
                Sessions = parsed.GetValue(sessions),
                Pages = parsed.GetValue(pages),
                PageLength = parsed.GetValue(limit),
                Appetite = parsed.GetValue(appetite),
                PositionBias = parsed.GetValue(bias),
                NewItems = added,
                Seed = parsed.GetValue(seed),
                Keeps = parsed.GetValue(keep),
                Timeout = parsed.GetValue(server.Timeout),
            };
            string[] names = parsed.GetValue(policies) ?? [];
            // What the others are held against is always there.
            SimulatedPolicy[] chosen = [.. SimulatedPolicy.All.Where(policy => names.Length == 0 || names.Contains(policy.Name) || policy == SimulatedPolicy.Popularity)];
            string? file = parsed.GetValue(json);
            OutputPath.CheckFile(json.Name, file);
            using var connection = new ServerConnection(parsed.GetRequiredValue(server.Address), ServerAccess.Of(parsed));
            SimulationReport report = await host.WithProgressAsync(begin => new SimulationRun(connection, truth, chosen, options, host.Time).PlayAsync(begin("playing sessions"), cancellationToken));
            if (!JsonFile.IsInsteadOfTable(file))
                report.Table(host);
            await JsonFile.WriteAsync(host, file, report.Json, cancellationToken);
            if (parsed.GetValue(outFolder) is { } folder)
            {
                Directory.CreateDirectory(folder);
                await JsonFile.WriteAsync(host, Path.Combine(folder, Results), report.Json, cancellationToken);
                await File.WriteAllTextAsync(Path.Combine(folder, Page), SimulationPage.Write(report, host.Time.GetUtcNow()), cancellationToken);
            }

            return ExitCode.Ok;
        });
        return new Verb(
            command,
            "inference simulate --data .local/models/demo-data --out simulation",
            "inference simulate --data .local/models/demo-data --policies off,thompson --sessions 1000 --json simulation.json",
            "inference simulate --data .local/models/demo-data --new-items 100 --position-bias 0.3 --server http://127.0.0.1:5001");
    }

    private static Option<string[]> Policies()
    {
        string[] all = [.. SimulatedPolicy.All.Select(policy => policy.Name)];
        return new Option<string[]>("--policies")
        {
            Description = $"Policies with commas; all by default: {string.Join(", ", all)}. Popularity and the {SimulatedPolicy.Oracle} are always there",
            HelpName = "A,B…",
            CustomParser = result =>
            {
                string[] names = [.. result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct(StringComparer.Ordinal)];
                foreach (string unknown in names.Except([.. all, SimulatedPolicy.Oracle]))
                    result.AddError($"--policies: there is no policy '{unknown}'{(UsageErrors.Nearest(unknown, all) is { } meant ? $"; did you mean '{meant}'?" : $"; there are {string.Join(", ", all)}")}");
                return names;
            },
        };
    }
}
