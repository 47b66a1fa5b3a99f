using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Inference.Cli.Client;
using Inference.Cli.Evaluation;
using Inference.Cli.Evaluation.Html;
using Inference.Cli.Evaluation.Replay;
using Inference.Cli.Evaluation.Sessions;
using Inference.Cli.Frame;
using Inference.Recommendations.Guards;
using Inference.Recommendations.Surfaces;
using Inference.Training.Evaluation;
using Inference.Training.Evaluation.Entrants;
using Inference.Training.Evaluation.Sessions;

namespace Inference.Cli.Verbs;

/// <summary>`evaluate`: judges models, or a bundle, on held-out users and items.</summary>
internal static class EvaluateVerb
{
    public static Verb Create(CommandHost host)
    {
        var bundle = new Option<string?>("--bundle") { Description = "Also judge this bundle as it is served", HelpName = "DIR" };
        var server = new Option<string?>("--server") { Description = "Also ask this running server about every user, over gRPC; with --bundle it has to serve that bundle, and scores are compared", HelpName = "URL" };
        server.Validators.Add(ServerOptions.CheckAddress);
        Option<TimeSpan> timeout = Durations.Option("--timeout", "How long to wait for an answer of --server, for example 500ms or 5s", TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10));
        Option<string[]> models = Models();
        var part = new Option<string>("--part") { Description = "Judge on the test part, for reports, or on the validation part, for choices", HelpName = "PART", DefaultValueFactory = _ => "test" };
        part.AcceptOnlyFromAmong("test", "validation");
        var hyperparameters = new Option<string?>("--hyperparameters") { Description = "Take hyper-parameters from the results of an earlier run instead of tuning; models that it does not name are tuned", HelpName = "FILE" };
        var sessions = new Option<bool>("--sessions") { Description = "Instead of rankings, play sessions of unseen users, page by page, and visits with a slot for a new item; with --bundle as it is served" };
        Option<string[]> floors = FlooredBundle.Option();
        Option<int> floorDepth = Numbers.Option("--floor-depth", "How many of the best items beyond the first ten floors may take from", 100, 10, 1_000);
        Option<double> diversity = Numbers.Option("--diversity", "Also judge --bundle with slates that trade relevance for diversity, 0 for none to 1 for nothing else, and report what it costs", 0.0, 0, 1);
        Option<string[]> caps = SlateOptionsInput.Caps();
        Option<double> calibration = Numbers.Option("--calibration", "Likewise with slates that are drawn to the share of popular items in the user's history", 0.0, 0, 1);
        Option<int> slateDepth = Numbers.Option("--slate-depth", "How many of the best items such slates are made of", 200, 10, 1_000);
        var surface = new Option<string?>("--surface") { Description = "Also judge --bundle with the retrievers of this surface, and each kind of retriever alone", HelpName = "NAME" };
        var surfaces = new Option<string?>("--surfaces") { Description = "File of the surfaces; the built-in ones when absent", HelpName = "FILE" };
        Option<int> threads = Numbers.Option("--threads", "Threads that judge", Environment.ProcessorCount, 1, 1_024);
        var details = new Option<bool>("--details") { Description = "Show all metrics of each scenario" };
        Option<string?> json = JsonFile.Option();
        var html = new Option<string?>("--html") { Description = "Also write a report with charts to this file", HelpName = "FILE" };
        var command = new Command("evaluate", "Judge models on held-out users and items: accuracy with confidence, coverage, novelty, diversity, exposure");
        var data = new DataOptions(command);
        foreach (Option option in (Option[])[bundle, server, timeout, models, part, hyperparameters, sessions, floors, floorDepth, diversity, caps, calibration, slateDepth, surface, surfaces, threads, details, json, html])
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            foreach (Option option in (Option[])[server, timeout, models, hyperparameters, details, floors, floorDepth, diversity, caps, calibration, slateDepth, surface, surfaces])
            {
                if (result.GetValue(sessions) && result.GetResult(option) is { Implicit: false })
                    result.AddError($"{option.Name} has no meaning with --sessions");
            }

            if (result.GetValue(bundle) is null && result.GetResult(floors) is { Implicit: false })
                result.AddError("--exposure-floor needs --bundle: groups are those of its items");
            foreach (Option option in (Option[])[diversity, caps, calibration])
            {
                if (result.GetValue(bundle) is null && result.GetResult(option) is { Implicit: false })
                    result.AddError($"{option.Name} needs --bundle: slates are made up of its items");
            }
            if (result.GetValue(bundle) is null && result.GetValue(surface) is not null)
                result.AddError("--surface needs --bundle: retrievers are those of its parts");
            if (result.GetValue(surface) is null && result.GetValue(surfaces) is not null)
                result.AddError("--surfaces needs --surface, which names one of them");
        });
        ServerAccess.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            EvaluateOptions options = data.Read(parsed) with
            {
                Bundle = parsed.GetValue(bundle),
                Server = parsed.GetValue(server),
                Access = ServerAccess.Of(parsed),
                Timeout = parsed.GetValue(timeout),
                Models = parsed.GetValue(models) ?? [],
                Part = parsed.GetRequiredValue(part) == "test" ? EvaluationPart.Test : EvaluationPart.Validation,
                Hyperparameters = parsed.GetValue(hyperparameters),
                Sessions = parsed.GetValue(sessions),
                ExposureFloors = parsed.GetValue(floors) ?? [],
                FloorDepth = parsed.GetValue(floorDepth),
                Slate = new SlateRules { Diversity = parsed.GetValue(diversity), Caps = SlateOptionsInput.CapsOf(parsed.GetValue(caps)), Calibration = new Calibration(parsed.GetValue(calibration)) },
                SlateDepth = parsed.GetValue(slateDepth),
                Surface = parsed.GetValue(surface),
                SurfacesFile = parsed.GetValue(surfaces),
                Threads = parsed.GetValue(threads),
                CommandLine = "inference " + string.Join(' ', parsed.Tokens.Select(token => token.Value.Contains(' ', StringComparison.Ordinal) ? $"'{token.Value}'" : token.Value)),
            };
            string? file = parsed.GetValue(json);
            OutputPath.CheckFile(json.Name, file);
            OutputPath.CheckFile(html.Name, parsed.GetValue(html));
            if (options.Sessions)
                return await PlayAsync(host, options, file, parsed.GetValue(html), cancellationToken);
            (EvaluationSource source, EvaluationReport report, ReplayTally? tally, IReadOnlyList<FloorCost>? costs, IReadOnlyList<SlateCost>? slateCosts) = await RunAsync(host, options, cancellationToken);
            if (!JsonFile.IsInsteadOfTable(file))
            {
                EvaluationTable.Write(host, report, source, parsed.GetValue(details));
                if (options.Surface is { } shown)
                    ServedSurface.Write(host, report, shown);
                if (tally is not null)
                    ReplayReport.Write(host, report, tally);
                if (costs is not null)
                    FlooredBundle.Write(host, costs);
                if (slateCosts is not null)
                    MadeUpBundle.Write(host, slateCosts);
            }

            await JsonFile.WriteAsync(host, file, writer => EvaluationJson.Write(writer, report, more => WriteMore(more, report, options, tally, costs, slateCosts)), cancellationToken);
            if (parsed.GetValue(html) is { } page)
                await WriteAsync(page, HtmlReport.Write(report, source.Split, options, host.Time.GetUtcNow()), cancellationToken);
            return ExitCode.Ok;
        });
        return new Verb(
            command,
            "inference evaluate --data online-retail --json evaluation.json --html evaluation.html",
            "inference evaluate --data online-retail --models popularity,ease,ials --part validation",
            "inference evaluate --data shop --split-mode time --validation-from 2025-09-01 --test-from 2025-10-01",
            "inference evaluate --data online-retail --hyperparameters evaluation.json --details",
            "inference evaluate --data online-retail --bundle models/shop/1 --sessions --html sessions.html",
            "inference evaluate --data demo-data --models popularity --bundle models/demo/1 --exposure-floor category=toys:0.2",
            "inference evaluate --data online-retail --models popularity --bundle models/shop/1 --diversity 0.2 --slate-depth 50",
            "inference evaluate --data online-retail --models popularity --bundle models/shop/1 --surface home --part validation",
            "inference evaluate --data online-retail --models popularity --bundle models/shop/1 --server http://127.0.0.1:5001");
    }

    private static void WriteMore(Utf8JsonWriter json, EvaluationReport report, EvaluateOptions options, ReplayTally? tally, IReadOnlyList<FloorCost>? costs, IReadOnlyList<SlateCost>? slateCosts)
    {
        if (options.Surface is { } surface)
            ServedSurface.Write(json, report, surface);
        if (tally is not null)
            ReplayReport.Write(json, report, tally);
        if (costs is not null)
            FlooredBundle.Write(json, costs);
        if (slateCosts is not null)
            MadeUpBundle.Write(json, slateCosts);
    }

    private static async Task<(EvaluationSource, EvaluationReport, ReplayTally?, IReadOnlyList<FloorCost>?, IReadOnlyList<SlateCost>?)> RunAsync(CommandHost host, EvaluateOptions options, CancellationToken cancellationToken)
    {
        // What can be wrong at once is said before anything is read.
        Surface? judged = options.Surface is { } name ? ServedSurface.Find(name, options.SurfacesFile) : null;
        JsonObject? hyperparameters = EvaluationSource.HyperparametersOf(options.Hyperparameters);
        return await host.WithProgressAsync(begin => Task.Run(
            async () =>
            {
                List<EntrantRecipe> recipes = [.. EvaluationSource.Recipes(options)];
                if (options.Server is not null)
                    begin("greet server");
                using ReplayedServer? server = options.Server is { } address ? await ReplayedServer.ConnectAsync(address, options.Access, options, host.Time, cancellationToken) : null;
                if (options.Bundle is not null)
                    begin("load bundle");
                using ServedBundle? bundle = options.Bundle is { } folder ? await ServedBundle.OpenAsync(folder, cancellationToken) : null;
                if (bundle is not null)
                    recipes.Add(bundle);
                FlooredBundle? floored = bundle is not null && options.ExposureFloors.Count > 0 ? new FlooredBundle(bundle, ExposureFloors.Of(options.ExposureFloors), options.FloorDepth) : null;
                if (floored is not null)
                    recipes.Add(floored);
                MadeUpBundle? madeUp = bundle is not null && options.Slate.AreSet ? new MadeUpBundle(bundle, options.Slate, options.SlateDepth) : null;
                if (madeUp is not null)
                    recipes.Add(madeUp);
                if (bundle is not null && judged is not null)
                    recipes.AddRange(ServedSurface.All(bundle, judged));
                if (server is not null)
                    recipes.Add(server);
                EvaluationSource source = EvaluationSource.Read(options, begin, cancellationToken);
                EvaluationReport report = EvaluationRun.Run(source.Inputs, options.Part, recipes, hyperparameters, begin, cancellationToken);
                IReadOnlyList<FloorCost>? costs = null;
                if (floored?.Ranking is { } ranking)
                    (costs, report) = FloorCost.Of(report, bundle!.Name, ranking);
                return (source, report, server?.Tally, costs, madeUp?.Ranking is { } slates ? SlateCost.Of(report, bundle!.Name, slates) : null);
            },
            cancellationToken));
    }

    private static async Task<int> PlayAsync(CommandHost host, EvaluateOptions options, string? json, string? html, CancellationToken cancellationToken)
    {
        (EvaluationSource source, SessionReport report) = await host.WithProgressAsync(begin => Task.Run(
            async () =>
            {
                if (options.Bundle is not null)
                    begin("load bundle");
                using ServedBundle? bundle = options.Bundle is { } folder ? await ServedBundle.OpenAsync(folder, cancellationToken) : null;
                EvaluationSource source = EvaluationSource.Read(options, begin, cancellationToken);
                var how = new SessionOptions { Seed = options.Seed, Threads = options.Threads };
                return (source, SessionRun.Run(source.Inputs, options.Part, bundle?.RankingOf(source.Inputs), how, begin, cancellationToken));
            },
            cancellationToken));
        if (!JsonFile.IsInsteadOfTable(json))
            SessionTable.Write(host, report);
        await JsonFile.WriteAsync(host, json, writer => SessionJson.Write(writer, source.Inputs.Dataset, report), cancellationToken);
        if (html is not null)
            await WriteAsync(html, SessionPage.Write(report, source.Inputs.Dataset, options, host.Time.GetUtcNow()), cancellationToken);
        return ExitCode.Ok;
    }

    private static async Task WriteAsync(string path, string text, CancellationToken cancellationToken)
    {
        string temporary = path + ".tmp";
        await File.WriteAllTextAsync(temporary, text, cancellationToken);
        File.Move(temporary, path, overwrite: true);
    }

    private static Option<string[]> Models()
    {
        string[] all = [.. EntrantRecipes.All().Select(recipe => recipe.Name)];
        return new Option<string[]>("--models")
        {
            Description = $"Models with commas; all by default: {string.Join(", ", all)}",
            HelpName = "A,B…",
            CustomParser = result =>
            {
                string[] names = [.. result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct(StringComparer.Ordinal)];
                foreach (string unknown in names.Except(all))
                    result.AddError($"--models: there is no model '{unknown}'{(UsageErrors.Nearest(unknown, all) is { } meant ? $"; did you mean '{meant}'?" : $"; there are {string.Join(", ", all)}")}");
                return names;
            },
        };
    }
}
