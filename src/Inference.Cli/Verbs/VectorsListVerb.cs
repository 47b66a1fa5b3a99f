using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Inference.Cli.Frame;
using Inference.Storage.Redis;
using Inference.Storage.VectorSets;
using Spectre.Console;

namespace Inference.Cli.Verbs;

/// <summary>`vectors list`: what a Redis holds of which embedding spaces.</summary>
internal static class VectorsListVerb
{
    public static Verb Create(CommandHost host)
    {
        var redis = new VectorRedis();
        Option<string?> json = JsonFile.Option();
        var command = new Command("list", "Show of which embedding spaces a Redis holds vectors") { json };
        redis.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using RedisConnection connection = await redis.ConnectAsync(parsed, host, cancellationToken);
            IReadOnlyDictionary<string, VectorSpace> spaces = await new VectorSetPush(connection, host.Time).ListAsync();
            string? file = parsed.GetValue(json);
            if (!JsonFile.IsInsteadOfTable(file))
                Show(host, spaces);
            await JsonFile.WriteAsync(host, file, writer => Write(writer, spaces), cancellationToken);
            return ExitCode.Ok;
        });
        return new Verb(command, "inference vectors list --redis 127.0.0.1:6379");
    }

    /// <summary>The result of `vectors push`.</summary>
    public static void Write(Utf8JsonWriter json, VectorPushReport report)
    {
        json.WriteStartObject();
        json.WriteNumber("added", report.Added);
        json.WriteStartArray("removed");
        foreach (string space in report.Removed)
            json.WriteStringValue(space);
        json.WriteEndArray();
        json.WritePropertyName("space");
        json.WriteRawValue(report.Space.ToJson());
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyDictionary<string, VectorSpace> spaces)
    {
        json.WriteStartObject();
        foreach ((string name, VectorSpace space) in spaces)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(space.ToJson());
        }

        json.WriteEndObject();
    }

    private static void Show(CommandHost host, IReadOnlyDictionary<string, VectorSpace> spaces)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (string column in (string[])["embedding space", "items", "dimensions", "metric", "shards", "kept as", "attributes", "brought (UTC)", "generation"])
            table.AddColumn(column);
        foreach ((string name, VectorSpace space) in spaces)
        {
            table.AddRow(
                Markup.Escape(name),
                space.Items.ToString("N0", CultureInfo.InvariantCulture),
                space.Dimension.ToString(CultureInfo.InvariantCulture),
                space.Metric.ToString(),
                space.Shards.ToString(CultureInfo.InvariantCulture),
                space.Quantization.ToString(),
                Markup.Escape(string.Join(", ", space.Attributes)),
                space.Pushed.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
                space.Generation);
        }

        host.Console.Write(table);
    }
}
