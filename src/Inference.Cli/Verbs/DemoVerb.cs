using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Inference.Training.Demo;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace Inference.Cli.Verbs;

/// <summary>`demo`: makes a synthetic shop whose truth is known.</summary>
internal static class DemoVerb
{
    public static Verb Create(CommandHost host)
    {
        var defaults = new DemoOptions();
        var folder = new Option<string>("--out") { Description = "Bundle repository that receives NAME/VERSION (the bundle) and NAME-data (event log, users, items, truth)", HelpName = "DIR", Required = true };
        Option<int> items = Numbers.Option("--items", "Items of the catalogue", defaults.Items, int.MinValue, int.MaxValue);
        Option<int> users = Numbers.Option("--users", "Users with history", defaults.Users, int.MinValue, int.MaxValue);
        Option<int> dimension = Numbers.Option("--dim", "Dimensions of the embeddings", defaults.Dimension, int.MinValue, int.MaxValue);
        Option<ulong> seed = Numbers.Option("--seed", "Names the world: the same seed and sizes give the same files", defaults.Seed, ulong.MinValue, ulong.MaxValue);
        var name = new Option<string>("--name") { Description = "Name of the bundle", HelpName = "NAME", DefaultValueFactory = _ => defaults.Name };
        var version = new Option<string>("--version") { Description = "Version of the bundle", HelpName = "VERSION", DefaultValueFactory = _ => defaults.Version };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace what is there" };
        Option<string?> json = JsonFile.Option();

        DemoOptions Read(ParseResult parsed) => new()
        {
            Items = parsed.GetValue(items),
            Users = parsed.GetValue(users),
            Dimension = parsed.GetValue(dimension),
            Seed = parsed.GetValue(seed),
            Name = parsed.GetRequiredValue(name),
            Version = parsed.GetRequiredValue(version),
        };

        var command = new Command("demo", "Make a synthetic shop with known truth: a bundle to serve, an event log to train on") { folder, items, users, dimension, seed, name, version, overwrite, json };
        command.Validators.Add(result =>
        {
            // Words that are no numbers are complained of already.
            if (!result.Children.OfType<OptionResult>().Any(option => option.Errors.Any()))
                AddErrors(result, new DemoOptions { Items = Given(items, defaults.Items), Users = Given(users, defaults.Users), Dimension = Given(dimension, defaults.Dimension) }.Validate());

            int Given(Option<int> option, int byDefault) => result.GetResult(option) is { Implicit: false } given ? given.GetValueOrDefault<int>() : byDefault;
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            DemoReport report = await host.WithProgressAsync(begin =>
                DemoBuilder.BuildAsync(Read(parsed), parsed.GetRequiredValue(folder), parsed.GetValue(overwrite), NullLogger.Instance, begin, cancellationToken));
            string? file = parsed.GetValue(json);
            if (!JsonFile.IsInsteadOfTable(file))
                Table(host, report);
            await JsonFile.WriteAsync(host, file, writer => Json(writer, report), cancellationToken);
            return ExitCode.Ok;
        });
        return new Verb(command, "inference demo --out models", "inference demo --out models --items 1000000 --users 100000 --dim 64 --seed 7");
    }

    private static void AddErrors(CommandResult result, IReadOnlyList<string> errors)
    {
        foreach (string error in errors)
            result.AddError("--" + error);
    }

    private static void Table(CommandHost host, DemoReport report)
    {
        host.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Items:N0} items, {report.Users:N0} users, {report.Events:N0} events, {report.Profiles} cluster profiles"));
        host.Output.WriteLine($"bundle  {report.Bundle}");
        host.Output.WriteLine($"data    {report.Data} (truth in truth/)");
        var table = new Table().Border(TableBorder.Rounded).Title("what users took next, in the first ten");
        table.AddColumn("audience");
        table.AddColumn("retriever");
        table.AddColumn(new TableColumn("hit rate").RightAligned());
        table.AddColumn(new TableColumn("recall").RightAligned());
        foreach (DemoScore score in report.Scores)
            table.AddRow(score.Audience, score.Name, score.HitRate.ToString("0.000", CultureInfo.InvariantCulture), score.Recall.ToString("0.0000", CultureInfo.InvariantCulture));
        host.Console.Write(table);
    }

    private static void Json(System.Text.Json.Utf8JsonWriter json, DemoReport report)
    {
        json.WriteStartObject();
        json.WriteString("bundle", report.Bundle);
        json.WriteString("data", report.Data);
        json.WriteNumber("items", report.Items);
        json.WriteNumber("users", report.Users);
        json.WriteNumber("events", report.Events);
        json.WriteNumber("profiles", report.Profiles);
        json.WriteStartArray("scores");
        foreach (DemoScore score in report.Scores)
        {
            json.WriteStartObject();
            json.WriteString("audience", score.Audience);
            json.WriteString("retriever", score.Name);
            json.WriteNumber("users", score.Users);
            json.WriteNumber("hit_rate_10", Math.Round(score.HitRate, 6));
            json.WriteNumber("recall_10", Math.Round(score.Recall, 6));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
