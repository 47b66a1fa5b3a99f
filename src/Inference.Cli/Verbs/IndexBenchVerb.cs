using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Inference.Cli.IndexBench;
using Inference.Vectors;

namespace Inference.Cli.Verbs;

/// <summary>`index bench`: measures how fast indexes answer at wanted recalls.</summary>
internal static class IndexBenchVerb
{
    public static Verb Create(CommandHost host)
    {
        Option<string> rows = BenchInputs.File("--base", BenchInputs.RowsDescription, required: true);
        Option<string> queries = BenchInputs.File("--queries", BenchInputs.QueriesDescription, required: true);
        Option<string> truth = BenchInputs.File("--truth", "The best rows of each query (.ivecs, or .npy of int32 or int64); computed by exact search when not given");
        Option<string> saveTruth = BenchInputs.File("--save-truth", "Write the best rows of each query to this .ivecs file");
        Option<Metric> metric = BenchInputs.Metric();
        var indexes = new Option<string[]>("--index")
        {
            Description = "What to measure, separated by commas; auto measures and chooses, by a tenth of the queries (at most 256, the last ones), which its figures then leave out",
            HelpName = string.Join('|', IndexSource.Names),
            DefaultValueFactory = _ => [.. IndexSource.Defaults],
            CustomParser = result => ParseIndexes(result),
        };
        var recalls = new Option<double[]>("--recall") { Description = "Recalls to reach, separated by commas", HelpName = "R,R…", DefaultValueFactory = _ => [0.90, 0.95, 0.99], CustomParser = result => ParseList<double>(result, "above 0 and at most 1", static r => r is > 0 and <= 1) };
        var widths = new Option<int[]>("--width") { Description = "Measure at these search widths instead", HelpName = "N,N…", DefaultValueFactory = _ => [], CustomParser = result => ParseList<int>(result, "1 to 1000000", static w => w is >= 1 and <= 1_000_000) };
        Option<int> k = Numbers.Option("--k", "Neighbours that are asked for", 10, 1, 10_000);
        Option<int> threads = Numbers.Option("--threads", "Threads that ask at once", 1, 1, 1024);
        Option<int> interleave = Numbers.Option("--interleave", "Also put so many queries together on each thread; 1 for not", 1, 1, 1024);
        Option<int> rounds = Numbers.Option("--rounds", "Timed rounds; the median counts", 5, 1, 1000);
        Option<TimeSpan> warmUp = Durations.Option("--warmup", "How long queries are put before any is timed, the search for widths included", TimeSpan.FromSeconds(1), TimeSpan.Zero, TimeSpan.FromMinutes(10));
        Option<int> maxWidth = Numbers.Option("--max-width", "Highest search width that is tried", 4096, 1, 1_000_000);
        Option<int> queryLimit = Numbers.Option("--query-limit", "Only so many of the queries, the first ones; 0 for all", 0, 0, int.MaxValue);
        Option<int> seed = Numbers.Option("--seed", "Names the chance in building: the same seed gives the same index", 1, 0, int.MaxValue);
        Option<int> buildThreads = Numbers.Option("--build-threads", "Threads that build an index; 0 for as many as there are processors", 0, 0, 1024);
        var save = new Option<string>("--save") { Description = "Save each index that is built to this folder, as NAME.index", HelpName = "DIR" };
        var load = new Option<string>("--load") { Description = "Load the indexes from this folder instead of building them", HelpName = "DIR" };
        var resident = new Option<bool>("--resident") { Description = "Copy a loaded index into memory of its own; otherwise its file is mapped" };
        Option<string> plot = BenchInputs.File("--plot", "Also draw recall against queries per second to this SVG file");
        Option<string?> json = JsonFile.Option();

        var command = new Command("bench", "Measure how fast indexes answer at wanted recalls, and what they cost")
        {
            rows, queries, truth, saveTruth, metric, indexes, recalls, widths, k, threads, interleave, rounds, warmUp, maxWidth, queryLimit, seed, buildThreads, save, load, resident, plot, json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(recalls) is { Implicit: false } && result.GetResult(widths) is { Implicit: false })
                result.AddError("--recall and --width cannot go together");
            if (result.GetResult(save) is not null && result.GetResult(load) is not null)
                result.AddError("--save and --load cannot go together");
            if (result.GetResult(resident) is { Implicit: false } && result.GetResult(load) is null)
                result.AddError("--resident goes with --load");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            int[] givenWidths = parsed.GetRequiredValue(widths);
            var options = new BenchOptions
            {
                Indexes = parsed.GetRequiredValue(indexes),
                Targets = givenWidths.Length > 0 ? [] : [.. parsed.GetRequiredValue(recalls).Order()],
                Widths = givenWidths,
                K = parsed.GetValue(k),
                Threads = parsed.GetValue(threads),
                Interleave = parsed.GetValue(interleave),
                Rounds = parsed.GetValue(rounds),
                WarmUp = parsed.GetValue(warmUp),
                MaxWidth = parsed.GetValue(maxWidth),
                WithCurve = parsed.GetValue(plot) is not null,
            };
            var files = new BenchFiles(parsed.GetRequiredValue(rows), parsed.GetRequiredValue(queries), parsed.GetValue(truth), parsed.GetValue(saveTruth), parsed.GetValue(queryLimit));
            var source = new IndexSource
            {
                LoadFolder = parsed.GetValue(load),
                SaveFolder = parsed.GetValue(save),
                Loading = new IndexLoadOptions(Resident: parsed.GetValue(resident)),
                BuildThreads = parsed.GetValue(buildThreads) is > 0 and int given ? given : Environment.ProcessorCount,
                Seed = parsed.GetValue(seed),
            };
            BenchReport report = await host.WithProgressAsync(begin => Task.Run(() => BenchRun.Run(files, parsed.GetValue(metric), source, options, begin, cancellationToken), cancellationToken));

            string? jsonFile = parsed.GetValue(json);
            if (!JsonFile.IsInsteadOfTable(jsonFile))
                report.Table(host);
            await JsonFile.WriteAsync(host, jsonFile, report.Json, CancellationToken.None);
            if (parsed.GetValue(plot) is { } picture)
                await File.WriteAllTextAsync(picture, RecallPlot.Draw(Title(report), report.Curves), CancellationToken.None);
            return ExitCode.Ok;
        });
        return new Verb(
            command,
            "inference index bench --base base.npy --queries query.npy --metric ip --recall 0.95,0.99 --json bench.json",
            "inference index bench --base base.fvecs --queries query.fvecs --truth truth.ivecs --metric l2 --interleave 8 --plot bench.svg");
    }

    private static string Title(BenchReport report) => string.Create(
        CultureInfo.InvariantCulture,
        $"{report.Set.Rows:N0} × {report.Set.Dimension}, {BenchInputs.NameOf(report.Set.Metric)}: recall@{report.Options.K} and queries/s, {report.Options.Threads} thread{(report.Options.Threads == 1 ? "" : "s")}");

    private static string[] ParseIndexes(ArgumentResult result)
    {
        string[] names = Single(result).Split(',', StringSplitOptions.TrimEntries);
        foreach (string name in names.Where(static name => !IndexSource.Names.Contains(name)))
            result.AddError($"--index is one or more of {string.Join(", ", IndexSource.Names)}, not '{name}'");
        return [.. names.Distinct()];
    }

    private static T[] ParseList<T>(ArgumentResult result, string range, Func<T, bool> isInRange)
        where T : struct, IParsable<T>
    {
        var values = new List<T>();
        foreach (string part in Single(result).Split(',', StringSplitOptions.TrimEntries))
        {
            if (T.TryParse(part, CultureInfo.InvariantCulture, out T value) && isInRange(value))
                values.Add(value);
            else
                result.AddError($"{result.Argument.Name} takes numbers {range}, separated by commas, not '{part}'");
        }
        return [.. values.Distinct()];
    }

    private static string Single(ArgumentResult result) => result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
}
