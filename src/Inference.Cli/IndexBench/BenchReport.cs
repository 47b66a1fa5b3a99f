using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Inference.Cli.Frame;
using Inference.Vectors;
using Spectre.Console;

namespace Inference.Cli.IndexBench;

/// <summary>The result of a measurement, for people and for scripts.</summary>
/// <param name="Set">The files and their shape.</param>
/// <param name="Options">What was asked for.</param>
/// <param name="Source">How the indexes were made.</param>
/// <param name="Rows">What was measured, index by index.</param>
/// <param name="Curves">Points of the plot, by index; empty when none was asked for.</param>
internal sealed record BenchReport(SetDescription Set, BenchOptions Options, IndexSource Source, IReadOnlyList<BenchRow> Rows, IReadOnlyList<(string Index, IReadOnlyList<CurvePoint> Points)> Curves)
{
    public void Table(CommandHost host)
    {
        host.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Set.Rows:N0} rows of {Set.Dimension} dimensions, {BenchInputs.NameOf(Set.Metric)}; {Set.Queries:N0} queries, top {Options.K}, {Options.Threads} thread{(Options.Threads == 1 ? "" : "s")}; {Machine.Cpu}"));
        var table = new Table().Border(TableBorder.Rounded).AddColumn("index");
        string[] headings = ["target", "recall", "width", "queries/s", "p50 µs", "p99 µs", .. Options.Interleave > 1 ? [$"queries/s, {Options.Interleave} together"] : Array.Empty<string>(), "bytes/vector", "build s"];
        foreach (string heading in headings)
            table.AddColumn(new TableColumn(heading).RightAligned());
        foreach (BenchRow row in Rows)
        {
            string[] together = Options.Interleave > 1 ? [Text(row.Interleaved?.QueriesPerSecond, "N0")] : [];
            string[] cells =
            [
                NameOf(row), Text(row.Target, "0.00##"), Text(row.Recall, "0.0000"), Text(row.Width, "0"),
                Text(row.Single?.QueriesPerSecond, "N0"), Text(row.Single?.P50, "0.0"), Text(row.Single?.P99, "0.0"), .. together, Text(row.BytesPerVector, "N0"), Text(row.BuildSeconds, "0.0"),
            ];
            table.AddRow([.. cells.Select(static cell => new Text(cell))]);
        }
        host.Console.Write(table);
        foreach (BenchRow row in Rows.Where(static row => row.Single is null))
            host.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Index} does not reach a recall of {row.Target} at any width up to {Options.MaxWidth}"));
    }

    public void Json(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("set");
        json.WriteString("base", Set.RowsFile);
        json.WriteString("queries", Set.QueriesFile);
        json.WriteString("metric", BenchInputs.NameOf(Set.Metric));
        json.WriteNumber("n", Set.Rows);
        json.WriteNumber("dim", Set.Dimension);
        json.WriteNumber("query_count", Set.Queries);
        json.WriteEndObject();
        json.WriteStartObject("machine");
        json.WriteString("cpu", Machine.Cpu);
        json.WriteNumber("cores", Environment.ProcessorCount);
        json.WriteString("os", RuntimeInformation.OSDescription);
        json.WriteString("runtime", RuntimeInformation.FrameworkDescription);
        json.WriteNumber("simd_bits", Machine.SimdBits);
        json.WriteEndObject();
        json.WriteStartObject("options");
        json.WriteNumber("k", Options.K);
        json.WriteNumber("threads", Options.Threads);
        json.WriteNumber("interleave", Options.Interleave);
        json.WriteNumber("rounds", Options.Rounds);
        json.WriteNumber("seed", Source.Seed);
        json.WriteNumber("build_threads", Source.BuildThreads);
        json.WriteNumber("max_width", Options.MaxWidth);
        json.WriteEndObject();
        json.WriteStartArray("rows");
        foreach (BenchRow row in Rows)
            Json(json, row);
        json.WriteEndArray();
        if (Curves.Count > 0)
            JsonOfCurves(json);
        json.WriteEndObject();
    }

    private void Json(Utf8JsonWriter json, BenchRow row)
    {
        json.WriteStartObject();
        json.WriteString("index", row.Index);
        json.WriteString("kind", row.Kind.ToString().ToLowerInvariant());
        Number(json, "target", row.Target, 6);
        Number(json, "recall", row.Recall, 6);
        Number(json, "qps", row.Single?.QueriesPerSecond, 1);
        Number(json, "p50_us", row.Single?.P50, 2);
        Number(json, "p99_us", row.Single?.P99, 2);
        Number(json, "build_s", row.BuildSeconds, 3);
        Number(json, "bytes_per_vector", row.BytesPerVector, 1);
        Number(json, "width", row.Width, 0);
        Number(json, "load_s", row.LoadSeconds, 3);
        if (Options.Interleave > 1)
        {
            Number(json, "interleaved_recall", row.InterleavedRecall, 6);
            Number(json, "interleaved_qps", row.Interleaved?.QueriesPerSecond, 1);
            Number(json, "interleaved_p50_us", row.Interleaved?.P50, 2);
            Number(json, "interleaved_p99_us", row.Interleaved?.P99, 2);
        }
        json.WriteEndObject();
    }

    private void JsonOfCurves(Utf8JsonWriter json)
    {
        json.WriteStartArray("curves");
        foreach ((string index, IReadOnlyList<CurvePoint> points) in Curves)
        {
            foreach (CurvePoint point in points)
            {
                json.WriteStartObject();
                json.WriteString("index", index);
                json.WriteNumber("width", point.Width);
                Number(json, "recall", point.Recall, 6);
                Number(json, "qps", point.QueriesPerSecond, 1);
                json.WriteEndObject();
            }
        }
        json.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter json, string name, double? value, int digits)
    {
        if (value is double number)
            json.WriteNumber(name, Math.Round(number, digits));
        else
            json.WriteNull(name);
    }

    /// <summary>The name, and what was chosen for it.</summary>
    private static string NameOf(BenchRow row) => row.Index == IndexSource.Auto ? $"{row.Index} ({row.Kind.ToString().ToLowerInvariant()})" : row.Index;

    private static string Text(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "–";
}

/// <summary>What was searched.</summary>
internal sealed record SetDescription(string RowsFile, string QueriesFile, Metric Metric, int Rows, int Dimension, int Queries);

/// <summary>The machine that figures belong to.</summary>
internal static class Machine
{
    private const string CpuInfo = "/proc/cpuinfo";

    /// <summary>The processor's model, as far as the system tells.</summary>
    public static string Cpu { get; } = File.Exists(CpuInfo)
        ? File.ReadLines(CpuInfo).FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? Architecture
        : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? Architecture;

    /// <summary>Bits of the widest vectors that run in hardware.</summary>
    public static int SimdBits { get; } =
        System.Runtime.Intrinsics.Vector512.IsHardwareAccelerated ? 512
        : System.Runtime.Intrinsics.Vector256.IsHardwareAccelerated ? 256
        : Vector.IsHardwareAccelerated ? 128
        : 0;

    private static string Architecture => RuntimeInformation.ProcessArchitecture.ToString();
}
