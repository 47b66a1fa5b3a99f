using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Inference.Cli.Client;
using Inference.Cli.Evaluation;
using Inference.Cli.Frame;
using Inference.Training.Evaluation;
using Inference.Training.Fused;
using Inference.Training.Text;
using Inference.Training.Transfer;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace Inference.Cli.Verbs;

/// <summary>`train`: from three CSV files to a bundle that serves.</summary>
internal static class TrainVerb
{
    public static Verb Create(CommandHost host)
    {
        var output = new Option<string>("--out") { Description = "Bundle to write: REPOSITORY/NAME/VERSION", HelpName = "DIR", Required = true };
        var warmStart = new Option<string?>("--warm-start") { Description = "Bundle to go on from: of the same shop, or of another one with similar content", HelpName = "BUNDLE" };
        var encoder = new Option<string?>("--text-encoder") { Description = "Folder of a sentence encoder: model.onnx, and vocab.txt or vocab.json with merges.txt. Its vectors are used where they help with unseen items", HelpName = "DIR" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace what is there" };
        Option<string?> json = JsonFile.Option();
        var command = new Command("train", "Train towers, neighbours, factors, profiles and their weights from an event log, and write a bundle");
        var data = new DataOptions(command, seed: "Of everything that is chance: the same data and seed give the same model");
        foreach (Option option in (Option[])[output, warmStart, encoder, overwrite, json])
            command.Options.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string? file = parsed.GetValue(json);
            OutputPath.CheckFile(json.Name, file);
            BundleTarget target = BundleTarget.Of(parsed.GetRequiredValue(output), parsed.GetValue(overwrite));
            EvaluateOptions reading = data.Read(parsed);
            EarlierTraining? earlier = parsed.GetValue(warmStart) is { } bundle ? EarlierTraining.Of(bundle) : null;
            (TrainingReport report, EvaluationInputs read, TextReport? texts) = await host.WithProgressAsync(async begin =>
            {
                EvaluationSource source = await Task.Run(() => EvaluationSource.Read(reading, begin, cancellationToken), cancellationToken);
                (EvaluationInputs inputs, TextReport? texts) = parsed.GetValue(encoder) is { } encoderFolder
                    ? await Task.Run(() => TextTraits.Add(source.Inputs, encoderFolder, NullLogger.Instance, begin, cancellationToken), cancellationToken)
                    : (source.Inputs, null);
                var options = new FusedOptions { Seed = reading.Seed, WarmStart = earlier?.Towers };
                return (await BundleTrainer.TrainAsync(
                    inputs, target.Folder, target.Name, target.Version, options, earlier?.EmbeddingSpaceId, parsed.GetValue(overwrite), host.Time, NullLogger.Instance, begin, cancellationToken), inputs, texts);
            });
            if (!JsonFile.IsInsteadOfTable(file))
            {
                DataSummary.Write(host, read);
                Table(host, report, texts);
            }

            await JsonFile.WriteAsync(host, file, writer => Json(writer, report), cancellationToken);
            return ExitCode.Ok;
        });
        return new Verb(command, "inference train --data online-retail --out models/shop/1", "inference train --data online-retail --split-dir online-retail/splits --out models/shop/2 --json training.json",
            "inference train --data online-retail --warm-start models/shop/2 --out models/shop/3");
    }

    internal static void Table(CommandHost host, TrainingReport report, TextReport? texts)
    {
        if (report.Results.Count == 0)
            host.Output.WriteLine("No user of the validation or test part can be asked for: nothing was judged.");
        else
            host.Console.Write(Scores(report));
        host.Output.WriteLine($"sources  {string.Join(", ", report.Sources)}");
        host.Output.WriteLine($"new      {NewItems(report)}");
        if (texts is not null)
            host.Output.WriteLine($"texts    {(texts.IsAdmitted ? "used" : "left out")}: {texts.Reason}");
        host.Output.WriteLine($"bundle   {report.Bundle} (embedding space {report.EmbeddingSpaceId}), in {report.Elapsed.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s");
        host.Output.WriteLine($"serve    ./dev run -- --bundle {report.Bundle}");
    }

    private static Table Scores(TrainingReport report)
    {
        Table table = new Table().Border(TableBorder.Rounded).Title($"NDCG@10 on the {(report.Part == EvaluationPart.Test ? "test" : "validation")} part");
        string[] models = [.. report.Results.Select(result => result.Model).Distinct()];
        table.AddColumn("scenario");
        foreach (string model in models)
            table.AddColumn(new TableColumn(model).RightAligned());
        table.AddColumn(new TableColumn($"{models[^1]} ÷ {models[0]}").RightAligned());
        foreach (IGrouping<string, ScenarioResult> scenario in report.Results.GroupBy(result => result.Scenario.Name))
        {
            double?[] values = [.. models.Select(model => scenario.FirstOrDefault(result => result.Model == model)?.Metrics.Ndcg10)];
            table.AddRow([
                scenario.Key,
                .. values.Select(value => value?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "-"),
                values[0] is > 0 and double first && values[^1] is { } last ? (last / first).ToString("0.00", CultureInfo.InvariantCulture) : "-"]);
        }

        return table;
    }

    private static string NewItems(TrainingReport report) => report.Card.TryGetProperty("new_items", out JsonElement newItems) && newItems is { ValueKind: JsonValueKind.Object }
        ? $"items by {string.Join(", ", newItems.GetProperty("weights").EnumerateObject().Select(weight => $"{weight.Name} {weight.Value}"))}; level {newItems.GetProperty("level")}"
        : "items by the weights of all others";

    private static void Json(Utf8JsonWriter json, TrainingReport report)
    {
        json.WriteStartObject();
        json.WriteString("bundle", report.Bundle);
        json.WriteString("embedding_space_id", report.EmbeddingSpaceId);
        json.WriteNumber("seconds", Math.Round(report.Elapsed.TotalSeconds, 1));
        json.WritePropertyName("model_card");
        report.Card.WriteTo(json);
        json.WriteEndObject();
    }
}
