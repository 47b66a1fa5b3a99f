using System.CommandLine;
using System.Globalization;
using Inference.Cli.Client;
using Inference.Cli.Evaluation;
using Inference.Cli.Frame;
using Inference.Training.Data;
using Inference.Training.Splits;

namespace Inference.Cli.Verbs;

/// <summary>`split`: writes the split of a data folder, so that every training and evaluation uses the same one.</summary>
internal static class SplitVerb
{
    public static Verb Create(CommandHost host)
    {
        var output = new Option<string>("--out") { Description = "Folder of the split's files; as DIR/splits of the data it is used without being named", HelpName = "DIR", Required = true };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace the split that is there" };
        var command = new Command("split", "Split an event log into training, validation and test parts with unseen users and items, and write the split");
        DataOptions data = DataOptions.ToSplit(command);
        command.Options.Add(output);
        command.Options.Add(overwrite);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            EvaluateOptions reading = data.Read(parsed);
            string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(parsed.GetRequiredValue(output)));
            if (!parsed.GetValue(overwrite) && (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())))
                throw new CommandFailedException($"'{folder}' is not empty. --overwrite replaces the split in it.");
            (ColdSplit split, string origin) = await host.WithProgressAsync(begin => Task.Run(
                () =>
                {
                    DataFolder read = DataFolder.Open(reading.Data, new DataFolderOptions { MostBadRows = reading.MostBadRows }, progress: begin("read data"), cancellationToken: cancellationToken);
                    begin("split");
                    (ColdSplit Split, string Origin) made = EvaluationSource.Make(reading, read);
                    begin("writing");
                    ColdSplitWriter.Write(made.Split, folder);
                    return made;
                },
                cancellationToken));
            SplitItems items = split.Items;
            host.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"split      {origin}{Parts(split)}"));
            host.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"training   {split.TrainingUserIds.Count} users, {items.TrainingCount} items, {split.Training.Total} events"));
            host.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"unseen     {split.Validation.Count} users for validation, {split.Test.Count} for test"));
            host.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"           {Length(items.ColdValidation)} items for validation, {Length(items.ColdTest)} for test"));
            host.Output.WriteLine($"written    {folder}");
            return ExitCode.Ok;

            int Length(Range range) => range.GetOffsetAndLength(items.Count).Length;
        });
        return new Verb(command, "inference split --data online-retail --out online-retail/splits", "inference split --data shop --out shop/splits --validation-from 2025-09-01 --test-from 2025-10-01");
    }

    private static string Parts(ColdSplit split) =>
        split.Times is { Validation: { } validation, Test: { } test } ? $", validation from {Day(validation)}, test from {Day(test)}" : "";

    private static string Day(long second) => DateTimeOffset.FromUnixTimeSeconds(second).UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
