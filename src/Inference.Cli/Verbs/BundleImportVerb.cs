using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Bundles;
using Inference.Towers.Import;
using Inference.Training.Clustering;
using Inference.Training.Profiles;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace Inference.Cli.Verbs;

/// <summary>`bundle import`: turns exported towers and the data that they were trained on into a bundle.</summary>
internal static class BundleImportVerb
{
    public static Verb Create(CommandHost host)
    {
        var towers = new Option<string>("--towers") { Description = "Folder with the exported towers", HelpName = "DIR", Required = true };
        var data = new Option<string?>("--data") { Description = "Folder with the data that they were trained on: titles, users, events. Without it there are no users, and so no profiles", HelpName = "DIR" };
        var repository = new Option<string>("--out") { Description = "Bundle repository; the bundle becomes NAME/VERSION in it", HelpName = "REPO", Required = true };
        var description = new Option<string>("--description")
        {
            Description = $"What the folders hold: a JSON file, or one of {string.Join(", ", BundleImport.Known)}",
            HelpName = "FILE",
            DefaultValueFactory = _ => BundleImport.Known[0],
        };
        var name = new Option<string?>("--name") { Description = "Name of the bundle; the description's when absent", HelpName = "NAME" };
        var version = new Option<string>("--version") { Description = "Version of the bundle", HelpName = "VERSION", DefaultValueFactory = _ => "1" };
        var cold = new Option<bool>("--include-cold-items") { Description = "Also serve items that the towers were not trained on" };
        Option<int> clusters = Numbers.Option("--clusters", "Most cluster profiles; fewer where clusters would have less than 50 users", new KMeansOptions().Clusters, 1, 4096);
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace the bundle if it is there" };
        Option<string?> json = JsonFile.Option();

        var command = new Command("import", "Make a bundle of exported towers") { towers, data, repository, description, name, version, cold, clusters, overwrite, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new BundleImportOptions
            {
                Towers = Existing(parsed.GetRequiredValue(towers), "--towers"),
                Data = parsed.GetValue(data) is { } folder ? Existing(folder, "--data") : null,
                Description = parsed.GetRequiredValue(description),
                Version = parsed.GetRequiredValue(version),
                IncludeColdItems = parsed.GetValue(cold),
            };
            var profiles = new ProfileOptions { Clustering = new KMeansOptions { Clusters = parsed.GetValue(clusters) } };
            LoadedBundle loaded = await host.WithProgressAsync(async begin =>
            {
                begin("reading towers and data");
                BundleContent content = await BundleImport.ReadAsync(options, cancellationToken);
                if (parsed.GetValue(name) is { } given)
                    content = content with { Name = given };
                string target = Path.Combine(parsed.GetRequiredValue(repository), content.Name, content.Version);
                return await BundlePublisher.PublishAsync(target, content, profiles, parsed.GetValue(overwrite), host.Time, NullLogger.Instance, begin, cancellationToken);
            });
            using (loaded.Snapshot)
            {
                string? file = parsed.GetValue(json);
                if (!JsonFile.IsInsteadOfTable(file))
                    Show(host, loaded);
                await JsonFile.WriteAsync(host, file, writer => Json(writer, loaded), cancellationToken);
            }

            return ExitCode.Ok;
        });
        return new Verb(
            command,
            "inference bundle import --towers towers/online-retail --data data/online-retail --out models",
            "inference bundle import --towers exported --description import.json --out models --name shop --version 2026-11-22");
    }

    private static string Existing(string folder, string option) =>
        Directory.Exists(folder) ? folder : throw new CommandFailedException($"{option}: there is no folder '{folder}'.");

    private static void Show(CommandHost host, LoadedBundle loaded)
    {
        BundleSummary.Write(host, loaded);
        if (loaded.Snapshot.Profiles is not { } profiles)
            return;
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumn("profile");
        table.AddColumn(new TableColumn("users").RightAligned());
        table.AddColumn("first items");
        for (int cluster = 0; cluster < profiles.Count; cluster++)
        {
            ClusterProfile profile = profiles[cluster];
            string first = string.Join(", ", profile.Top[..Math.Min(3, profile.Top.Length)].ToArray().Select(item => loaded.Snapshot.Items.TitleOf(item.Row) ?? loaded.Snapshot.Items.IdOf(item.Row)));
            table.AddRow(new Text(profile.Label), new Text(profile.Users.ToString("N0", CultureInfo.InvariantCulture)), new Text(first));
        }

        host.Console.Write(table);
    }

    private static void Json(Utf8JsonWriter json, LoadedBundle loaded)
    {
        json.WriteStartObject();
        BundleSummary.Write(json, loaded);
        json.WriteStartArray("profiles");
        for (int cluster = 0; cluster < loaded.Snapshot.Profiles?.Count; cluster++)
        {
            ClusterProfile profile = loaded.Snapshot.Profiles[cluster];
            json.WriteStartObject();
            json.WriteString("label", profile.Label);
            json.WriteNumber("users", profile.Users);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
