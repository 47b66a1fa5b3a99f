using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Inference.Cli.Frame;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Training.Checks;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace Inference.Cli.Verbs;

/// <summary>`bundle check`: says everything that is wrong with a bundle, or how it answers its golden cases.</summary>
internal static class BundleCheckVerb
{
    public static Verb Create(CommandHost host)
    {
        var folder = new Argument<string>("folder") { Description = "Folder of the bundle: REPOSITORY/NAME/VERSION", HelpName = "DIR" };
        var hashes = new Option<bool>("--require-hashes") { Description = "Refuse a bundle that does not list the hash of each of its files" };
        Option<string?> json = JsonFile.Option();
        var command = new Command("check", "Check a bundle as a server would before it serves it; all errors at once") { folder, hashes, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string path = parsed.GetRequiredValue(folder);
            string? file = parsed.GetValue(json);
            try
            {
                LoadedBundle loaded = await LoadAsync(host, path, parsed.GetValue(hashes), cancellationToken);
                using (loaded.Snapshot)
                {
                    IReadOnlyList<GoldenResult> golden = await GoldenResults.MeasureAsync(loaded, cancellationToken);
                    if (!JsonFile.IsInsteadOfTable(file))
                        Show(host, loaded, golden);
                    await JsonFile.WriteAsync(host, file, writer => Json(writer, loaded, golden), cancellationToken);
                }

                return ExitCode.Ok;
            }
            catch (BundleException refused)
            {
                await JsonFile.WriteAsync(host, file, writer => Json(writer, refused), cancellationToken);
                throw;
            }
        });
        return new Verb(command, "inference bundle check models/demo/1", "inference bundle check models/online-retail/1 --require-hashes --json check.json");
    }

    private static Task<LoadedBundle> LoadAsync(CommandHost host, string folder, bool requireHashes, CancellationToken cancellationToken) => host.WithProgressAsync(begin =>
    {
        BundleLoadStage? stage = null;
        IProgress<double>? step = null;
        // The loader reports from its own thread, one report at a time.
        var progress = new Relay(at =>
        {
            if (stage != at.Stage)
                (stage, step) = (at.Stage, begin(NameOf(at.Stage)));
            if (at.Total > 0)
                step!.Report((double)at.Done / at.Total);
        });
        return BundleLoader.LoadAsync(folder, new TowerOptions { RequireHashes = requireHashes }, progress, NullLogger.Instance, host.Time, null, cancellationToken);
    });

    private static void Show(CommandHost host, LoadedBundle loaded, IReadOnlyList<GoldenResult> golden)
    {
        BundleSummary.Write(host, loaded);
        host.Output.WriteLine("loaded    in " + string.Join(", ", loaded.Timings.Select(pair => FormattableString.Invariant($"{NameOf(pair.Key)} {pair.Value.TotalMilliseconds:0} ms"))));
        if (golden.Count == 0)
            return;
        var table = new Table().Border(TableBorder.Rounded);
        foreach (string column in (string[])["golden case", "features", "history", "largest difference", "best items at their rank"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (GoldenResult result in golden)
        {
            table.AddRow(
                result.Case.ToString(CultureInfo.InvariantCulture),
                result.Features.ToString(CultureInfo.InvariantCulture),
                result.History.ToString(CultureInfo.InvariantCulture),
                result.LargestDifference?.ToString("0.0e+00", CultureInfo.InvariantCulture) ?? "-",
                result.SameRanks is { } same ? string.Create(CultureInfo.InvariantCulture, $"{same} of {result.Ranks}") : "-");
        }

        host.Console.Write(table);
    }

    private static void Json(Utf8JsonWriter json, LoadedBundle loaded, IReadOnlyList<GoldenResult> golden)
    {
        json.WriteStartObject();
        BundleSummary.Write(json, loaded);
        json.WriteStartArray("golden");
        foreach (GoldenResult result in golden)
        {
            json.WriteStartObject();
            json.WriteNumber("case", result.Case);
            json.WriteNumber("features", result.Features);
            json.WriteNumber("history", result.History);
            if (result.LargestDifference is { } difference)
                json.WriteNumber("largest_difference", difference);
            if (result.SameRanks is { } same)
            {
                json.WriteNumber("same_ranks", same);
                json.WriteNumber("ranks", result.Ranks);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Json(Utf8JsonWriter json, BundleException refused)
    {
        json.WriteStartObject();
        json.WriteBoolean("ok", false);
        json.WriteString("bundle", refused.Bundle);
        json.WriteStartArray("reasons");
        foreach (string reason in refused.Reasons)
            json.WriteStringValue(reason);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string NameOf(BundleLoadStage stage) => stage switch
    {
        BundleLoadStage.Verify => "hashing",
        BundleLoadStage.Items => "items",
        BundleLoadStage.Towers => "towers",
        BundleLoadStage.Embeddings => "item embeddings",
        BundleLoadStage.Index => "index",
        BundleLoadStage.Audience => "users and profiles",
        BundleLoadStage.Golden => "golden cases",
        BundleLoadStage.WarmUp => "warm-up",
        BundleLoadStage.Device => "device",
        _ => stage.ToString(),
    };

    private sealed class Relay(Action<BundleLoadProgress> report) : IProgress<BundleLoadProgress>
    {
        public void Report(BundleLoadProgress value) => report(value);
    }
}
