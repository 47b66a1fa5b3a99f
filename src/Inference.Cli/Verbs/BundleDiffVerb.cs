using System.CommandLine;
using System.Globalization;
using Inference.Cli.BundleDiff;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Inference.Recommendations.Comparison;
using Inference.Recommendations.Users;
using Inference.Towers;
using Inference.Towers.Bundles;
using Microsoft.Extensions.Logging.Abstractions;

namespace Inference.Cli.Verbs;

/// <summary>`bundle diff`: asks two bundles the same requests, says how their answers and costs differ, and admits the second one or not.</summary>
internal static class BundleDiffVerb
{
    private const int MostItems = 1_000;

    public static Verb Create(CommandHost host)
    {
        var a = new Argument<string>("a") { Description = "Folder of the bundle that is there: REPOSITORY/NAME/VERSION", HelpName = "A" };
        var b = new Argument<string>("b") { Description = "Folder of the bundle that is held against it", HelpName = "B" };
        var users = new Option<string?>("--users") { Description = "Ask for the users of this file (as a bundle's users.jsonl, may be .gz) instead of those of A", HelpName = "FILE" };
        Option<int> requests = Numbers.Option("--requests", "Most requests of each scenario", 1_000, 1, 10_000_000);
        Option<int> seed = Numbers.Option("--seed", "Chooses the users", 1, 0, int.MaxValue);
        Option<int[]> cutoffs = Cutoffs();
        Option<double?> overlap = Gate("--min-overlap10", "Fail unless the mean overlap@10 of what the towers answer is at least this", 1);
        Option<double?> biased = Gate("--min-rbo", "Fail unless their mean rank-biased overlap is at least this", 1);
        Option<double?> latency = Gate("--max-latency-ratio", "Fail unless B's median answer takes at most this share of A's", 1_000);
        Option<double?> memory = Gate("--max-memory-ratio", "Fail unless B's towers and index have at most this share of A's bytes", 1_000);
        Option<string?> json = JsonFile.Option();
        var command = new Command("diff", "Compare two bundles on the same requests: slates, latency, memory; gates make it fail") { a, b, users, requests, seed, cutoffs, overlap, biased, latency, memory, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new DiffOptions(
                parsed.GetRequiredValue(a), parsed.GetRequiredValue(b), parsed.GetValue(users), parsed.GetValue(requests), parsed.GetValue(seed),
                [.. parsed.GetRequiredValue(cutoffs).Append(SlateComparer.DefaultDepth).Distinct().Order()],
                new DiffGates(parsed.GetValue(overlap), parsed.GetValue(biased), parsed.GetValue(latency), parsed.GetValue(memory)));
            return await RunAsync(host, options, parsed.GetValue(json), cancellationToken);
        });
        return new Verb(
            command,
            "inference bundle diff models/teacher/1 models/student/1",
            "inference bundle diff models/shop/1 models/shop/2 --min-overlap10 0.8 --max-latency-ratio 1.0 --json diff.json");
    }

    private static async Task<int> RunAsync(CommandHost host, DiffOptions options, string? json, CancellationToken cancellationToken)
    {
        ThrowIfMissing(options);
        DiffReport? report = await host.WithProgressAsync(async begin =>
        {
            begin("loading A");
            var refused = new List<BundleException>();
            LoadedBundle? bundleA = await LoadAsync(options.FolderA, refused, host, cancellationToken);
            try
            {
                begin("loading B");
                LoadedBundle? bundleB = await LoadAsync(options.FolderB, refused, host, cancellationToken);
                if (bundleA is not null && bundleB is not null)
                    return await CompareAsync(host, options, bundleA, bundleB, begin, cancellationToken);
                bundleB?.Snapshot.Dispose();
            }
            finally
            {
                bundleA?.Snapshot.Dispose();
            }

            await JsonFile.WriteAsync(host, json, writer => DiffJson.Write(writer, refused), cancellationToken);
            foreach (BundleException one in refused)
                host.Error.WriteLine($"error: {one.Message}");
            return null;
        });
        if (report is null)
            return ExitCode.Failed;

        IReadOnlyList<GateResult> gates = options.Gates.Check(report);
        if (!JsonFile.IsInsteadOfTable(json))
            DiffTable.Write(host, report, gates);
        await JsonFile.WriteAsync(host, json, writer => DiffJson.Write(writer, report, gates), cancellationToken);
        foreach (GateResult gate in gates.Where(gate => !gate.IsMet))
            host.Error.WriteLine($"error: B is not admitted: {gate}");
        return gates.All(gate => gate.IsMet) ? ExitCode.Ok : ExitCode.Failed;
    }

    private static async Task<DiffReport> CompareAsync(
        CommandHost host, DiffOptions options, LoadedBundle bundleA, LoadedBundle bundleB, Func<string, IProgress<double>> begin, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, UserState> users = options.UsersFile is { } file ? ReadUsers(file, bundleA, cancellationToken) : bundleA.Users;
        var asked = new AskedUsers(new UserKeyRing("users of a comparison"u8), users);
        // The sides take the snapshots; disposing one twice does no harm.
        using var a = new DiffSide(bundleA, asked, host.Time);
        using var b = new DiffSide(bundleB, asked, host.Time);
        var run = new DiffRun(a, b, DiffScenario.Make(users, options.Requests, options.Limit, options.Seed), options);
        return await run.RunAsync(begin, cancellationToken);
    }

    private static async Task<LoadedBundle?> LoadAsync(string folder, List<BundleException> refused, CommandHost host, CancellationToken cancellationToken)
    {
        try
        {
            return await BundleLoader.LoadAsync(folder, new TowerOptions(), null, NullLogger.Instance, host.Time, null, cancellationToken);
        }
        catch (BundleException e)
        {
            refused.Add(e);
            return null;
        }
    }

    private static IReadOnlyDictionary<string, UserState> ReadUsers(string file, LoadedBundle bundle, CancellationToken cancellationToken)
    {
        try
        {
            return BundleLoader.ReadUsers(file, bundle.Snapshot.Items, cancellationToken);
        }
        catch (BundleException e)
        {
            throw new CommandFailedException($"--users: {string.Join(' ', e.Reasons)}", e);
        }
    }

    private static void ThrowIfMissing(DiffOptions options)
    {
        var missing = new List<string>();
        if (!Directory.Exists(options.FolderA))
            missing.Add($"A: there is no folder '{options.FolderA}'.");
        if (!Directory.Exists(options.FolderB))
            missing.Add($"B: there is no folder '{options.FolderB}'.");
        if (options.UsersFile is { } file && !File.Exists(file))
            missing.Add($"--users: there is no file '{file}'.");
        if (missing.Count > 0)
            throw new CommandFailedException(string.Join(' ', missing));
    }

    private static Option<int[]> Cutoffs() => new("--k")
    {
        Description = "The k of overlap@k, with commas; 10 is always there",
        HelpName = "K,K…",
        DefaultValueFactory = _ => [1, 5, 10, 50],
        CustomParser = result =>
        {
            var cutoffs = new List<int>();
            foreach (string text in result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries)))
            {
                if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int k) || k is < 1 or > MostItems)
                    result.AddError(FormattableString.Invariant($"--k '{text}' is no number from 1 to {MostItems}"));
                else
                    cutoffs.Add(k);
            }

            return [.. cutoffs];
        },
    };

    private static Option<double?> Gate(string name, string description, double most)
    {
        var option = new Option<double?>(name) { Description = description, HelpName = "X" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && !(value >= 0 && value <= most))
                result.AddError(FormattableString.Invariant($"{name} must be 0 to {most}, not {result.Tokens[0].Value}"));
        });
        return option;
    }
}
