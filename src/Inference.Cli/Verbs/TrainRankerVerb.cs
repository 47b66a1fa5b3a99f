using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Inference.Cli.Client;
using Inference.Cli.Evaluation;
using Inference.Cli.Frame;
using Inference.Training.Evaluation;
using Inference.Training.Ranking;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace Inference.Cli.Verbs;

/// <summary>`train-ranker`: a ranking model for a bundle that is there.</summary>
internal static class TrainRankerVerb
{
    public static Verb Create(CommandHost host)
    {
        var bundle = new Option<string>("--bundle") { Description = "Bundle whose candidates are ranked; its towers may come from anywhere", HelpName = "BUNDLE", Required = true };
        var output = new Option<string>("--out") { Description = "Bundle to write: REPOSITORY/NAME/VERSION", HelpName = "DIR", Required = true };
        Option<int> depth = Numbers.Option("--depth", "Candidates that are ranked, as the surfaces have it", 200, 10, 1_000);
        var keep = new Option<bool>("--keep") { Description = "Write the bundle even where the model does not help on the validation part" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace what is there" };
        Option<string?> json = JsonFile.Option();
        var command = new Command("train-ranker", "Train a model that orders a bundle's candidates, and write the bundle with it where it helps");
        var data = new DataOptions(command, needs: ", with users whom the bundle has not learned from");
        foreach (Option option in (Option[])[bundle, output, depth, keep, overwrite, json])
            command.Options.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string? file = parsed.GetValue(json);
            OutputPath.CheckFile(json.Name, file);
            BundleTarget target = BundleTarget.Of(parsed.GetRequiredValue(output), parsed.GetValue(overwrite));
            EvaluateOptions reading = data.Read(parsed);
            var options = new RankerOptions { Seed = reading.Seed, Depth = parsed.GetValue(depth) };
            RankerReport report = await host.WithProgressAsync(async begin =>
            {
                EvaluationSource source = await Task.Run(() => EvaluationSource.Read(reading, begin, cancellationToken), cancellationToken);
                return await RankerTrainer.TrainAsync(
                    parsed.GetRequiredValue(bundle), source.Inputs, target.Folder, target.Name, target.Version, options, parsed.GetValue(keep), parsed.GetValue(overwrite), host.Time, NullLogger.Instance, begin,
                    cancellationToken);
            });
            if (!JsonFile.IsInsteadOfTable(file))
                Table(host, report);
            await JsonFile.WriteAsync(host, file, writer => Json(writer, report), cancellationToken);
            return ExitCode.Ok;
        });
        return new Verb(command, "inference train-ranker --bundle models/shop/1 --data online-retail --out models/shop/2");
    }

    private static void Table(CommandHost host, RankerReport report)
    {
        host.Console.Write(TableOf("validation part, every user judged by a model of the others", report.Validation));
        if (report.Judged.Count > 0)
            host.Console.Write(TableOf("test part, read once", report.Judged));
        host.Output.WriteLine(FormattableString.Invariant($"model    {(report.Hidden == 0 ? "linear" : $"{report.Hidden} hidden units")}, decay {report.Decay:0.###}"));
        host.Output.WriteLine(report.Helps ? "verdict  it helps on the validation part" : "verdict  it does not help on the validation part beyond luck");
        host.Output.WriteLine(FormattableString.Invariant($"bundle   {report.Bundle ?? "none written; --keep writes it nevertheless"}, in {report.Elapsed.TotalSeconds:0} s"));
    }

    private static Table TableOf(string part, IReadOnlyList<RankerGain> gains)
    {
        Table table = new Table().Border(TableBorder.Rounded).Title($"NDCG@10 on the {part}")
            .AddColumn("scenario").AddColumn(new TableColumn("users").RightAligned()).AddColumn(new TableColumn("as found").RightAligned()).AddColumn(new TableColumn("ranked").RightAligned())
            .AddColumn(new TableColumn("difference").RightAligned()).AddColumn(new TableColumn("95 %").RightAligned());
        foreach (RankerGain gain in gains)
        {
            table.AddRow(
                gain.Scenario, gain.Users.ToString("N0", CultureInfo.InvariantCulture), Number(gain.Found, "0.0000"), Number(gain.Ranked, "0.0000"), Number(gain.Difference, "+0.0000;-0.0000;0.0000"),
                $"{Number(gain.Interval.Low, "+0.0000;-0.0000;0.0000")} to {Number(gain.Interval.High, "+0.0000;-0.0000;0.0000")}");
        }

        return table;
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static void Json(Utf8JsonWriter json, RankerReport report)
    {
        json.WriteStartObject();
        json.WriteBoolean("helps", report.Helps);
        json.WriteString("bundle", report.Bundle);
        json.WriteNumber("hidden", report.Hidden);
        json.WriteNumber("decay", Math.Round(report.Decay, 6));
        json.WriteNumber("seconds", Math.Round(report.Elapsed.TotalSeconds, 1));
        Gains(json, "validation", report.Validation);
        Gains(json, "test", report.Judged);
        json.WriteEndObject();
    }

    private static void Gains(Utf8JsonWriter json, string part, IReadOnlyList<RankerGain> gains)
    {
        json.WriteStartArray(part);
        foreach (RankerGain gain in gains)
        {
            json.WriteStartObject();
            json.WriteString("scenario", gain.Scenario);
            json.WriteNumber("users", gain.Users);
            json.WriteNumber("ndcg@10_found", gain.Found);
            json.WriteNumber("ndcg@10_ranked", gain.Ranked);
            json.WriteNumber("difference_low", gain.Interval.Low);
            json.WriteNumber("difference_high", gain.Interval.High);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
