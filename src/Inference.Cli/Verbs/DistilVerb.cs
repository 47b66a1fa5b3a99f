using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Inference.Cli.Client;
using Inference.Cli.Evaluation;
using Inference.Cli.Frame;
using Inference.Training.Distillation;
using Inference.Training.Evaluation;
using Inference.Training.TwoTower;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace Inference.Cli.Verbs;

/// <summary>`distill`: from a bundle's towers to smaller ones that serve faster.</summary>
internal static class DistilVerb
{
    public static Verb Create(CommandHost host)
    {
        var teacher = new Option<string>("--teacher") { Description = "Bundle to learn from; its towers may come from anywhere", HelpName = "BUNDLE", Required = true };
        var output = new Option<string>("--out") { Description = "Bundle to write: REPOSITORY/NAME/VERSION", HelpName = "DIR", Required = true };
        Option<int> dim = Numbers.Option("--dim", "Length of the student's embeddings, a multiple of 16", 32, 16, 512);
        Option<int> hidden = Numbers.Option("--hidden", "Hidden units of each of the student's towers, a multiple of 16", 32, 16, 512);
        Option<double> share = Numbers.Option("--teacher-share", "Share of the teacher in what is learned; the rest is what users took", 0.7, 0, 1);
        var int8 = new Option<bool>("--int8") { Description = "Keep the tables of items, words and contexts as int8 with a scale per column: a quarter of the size" };
        Option<double> loss = Numbers.Option("--max-loss", "Share of NDCG@10 that int8 weights may cost on the validation part", 0.01, 0, 1);
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace what is there" };
        Option<string?> json = JsonFile.Option();
        foreach (Option<int> size in new[] { dim, hidden })
        {
            size.Validators.Add(result =>
            {
                if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out int value) && value % 16 != 0)
                    result.AddError($"{size.Name} must be a multiple of 16, not {value}");
            });
        }

        var command = new Command("distill", "Train a smaller pair of towers from a bundle's, and say what it keeps and what it saves") { teacher };
        var data = new DataOptions(command, needs: ", with the teacher's items and features");
        foreach (Option option in (Option[])[output, dim, hidden, share, int8, loss, overwrite, json])
            command.Options.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string? file = parsed.GetValue(json);
            OutputPath.CheckFile(json.Name, file);
            BundleTarget target = BundleTarget.Of(parsed.GetRequiredValue(output), parsed.GetValue(overwrite));
            EvaluateOptions reading = data.Read(parsed);
            var options = new DistilOptions
            {
                Dimension = parsed.GetValue(dim),
                Hidden = parsed.GetValue(hidden),
                TeacherShare = parsed.GetValue(share),
                Precision = parsed.GetValue(int8) ? WeightPrecision.Int8 : WeightPrecision.Float32,
                LargestLoss = parsed.GetValue(loss),
                Seed = reading.Seed,
            };
            DistilReport report = await host.WithProgressAsync(async begin =>
            {
                EvaluationSource source = await Task.Run(() => EvaluationSource.Read(reading, begin, cancellationToken), cancellationToken);
                return await Distiller.DistilAsync(
                    source.Inputs, parsed.GetRequiredValue(teacher), target.Folder, target.Name, target.Version, options, parsed.GetValue(overwrite), host.Time, NullLogger.Instance, begin, cancellationToken);
            });
            if (!JsonFile.IsInsteadOfTable(file))
                Table(host, report);
            await JsonFile.WriteAsync(host, file, writer => Json(writer, report), cancellationToken);
            return ExitCode.Ok;
        });
        return new Verb(command, "inference distill --teacher models/shop/1 --data online-retail --out models/shop-small/1", "inference distill --teacher models/shop/1 --data online-retail --out models/shop-small/2 --dim 48 --int8");
    }

    private static void Table(CommandHost host, DistilReport report)
    {
        Table table = new Table().Border(TableBorder.Rounded).Title($"NDCG@10 of the towers on the {(report.Part == EvaluationPart.Test ? "test" : "validation")} part")
            .AddColumn("scenario").AddColumn(new TableColumn("teacher").RightAligned()).AddColumn(new TableColumn("student").RightAligned()).AddColumn(new TableColumn("kept").RightAligned()).AddColumn(new TableColumn("95 %").RightAligned());
        foreach (KeptQuality one in report.Kept)
            table.AddRow(one.Scenario, Number(one.Teacher, "0.0000"), Number(one.Student, "0.0000"), Number(one.Kept, "0.000"), double.IsFinite(one.Kept) ? $"{Number(one.Interval.Low, "0.000")} to {Number(one.Interval.High, "0.000")}" : "-");
        if (report.Kept.Count == 0)
            host.Output.WriteLine("No user of the validation or test part can be asked for: nothing was judged.");
        else
            host.Console.Write(table);
        foreach (TowerTimes one in report.Times)
            host.Output.WriteLine(FormattableString.Invariant($"batch {one.Batch,-3}  {one.Teacher.TotalMicroseconds:0} µs teacher, {one.Student.TotalMicroseconds:0} µs student (median of the user tower, in turns): {one.Teacher / one.Student:0.00} times as fast"));
        if (report.Int8 is { } int8)
            host.Output.WriteLine(FormattableString.Invariant($"int8       {int8.Bytes:N0} bytes instead of {int8.Float32Bytes:N0}, largest difference {int8.LargestDifference:P2} of the largest component, NDCG@10 on the validation part {-int8.Loss:+0.00 %;-0.00 %}"));
        host.Output.WriteLine($"bundle     {report.Bundle} (embedding space {report.EmbeddingSpaceId}, parent {report.TeacherSpaceId}), in {report.Elapsed.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s");
    }

    private static string Number(double value, string format) => double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "-";

    private static void Json(Utf8JsonWriter json, DistilReport report)
    {
        json.WriteStartObject();
        json.WriteString("bundle", report.Bundle);
        json.WriteString("embedding_space_id", report.EmbeddingSpaceId);
        json.WriteString("parent_space_id", report.TeacherSpaceId);
        json.WriteNumber("seconds", Math.Round(report.Elapsed.TotalSeconds, 1));
        json.WriteStartArray("user_tower_median_microseconds");
        foreach (TowerTimes one in report.Times)
        {
            json.WriteStartObject();
            json.WriteNumber("batch", one.Batch);
            json.WriteNumber("teacher", Math.Round(one.Teacher.TotalMicroseconds, 1));
            json.WriteNumber("student", Math.Round(one.Student.TotalMicroseconds, 1));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WritePropertyName("model_card");
        report.Card.WriteTo(json);
        json.WriteEndObject();
    }
}
