using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Benchmarks.Report;

/// <summary>
/// <c>Benchmarks report [--results FOLDER] [--readme FILE]</c>: writes the measured figures between the markers of the README. A benchmark that left no result is left out, never guessed.
/// </summary>
internal static class ReadmeFigures
{
    private const string Begin = "<!-- figures:begin -->", End = "<!-- figures:end -->";

    public static int Run(ReadOnlySpan<string> args)
    {
        string results = "load-tests/results", readme = "README.md";
        for (int i = 0; i < args.Length; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            if (args[i] == "--results" && value is not null)
                results = value;
            else if (args[i] == "--readme" && value is not null)
                readme = value;
            else
                return Refuse("usage: report [--results FOLDER] [--readme FILE]");
        }

        string text = File.ReadAllText(readme);
        int begin = text.IndexOf(Begin, StringComparison.Ordinal), end = text.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
            return Refuse($"{readme} has no '{Begin}' before '{End}'.");
        text = $"{text[..begin]}{Begin}\n{Figures(results)}{text[end..]}";
        int trainingBegin = text.IndexOf(TrainingFigures.Begin, StringComparison.Ordinal), trainingEnd = text.IndexOf(TrainingFigures.End, StringComparison.Ordinal);
        if (trainingBegin >= 0 && trainingEnd > trainingBegin)
            text = $"{text[..trainingBegin]}{TrainingFigures.Begin}\n{TrainingFigures.Of(results)}{text[trainingEnd..]}";
        File.WriteAllText(readme, text);
        return 0;
    }

    private static string Figures(string folder)
    {
        var text = new StringBuilder();
        string? machine = null;
        if (Read(folder, "recommend-1000-warm.json") is { } warm && Read(folder, "recommend-1000-cold.json") is { } cold)
        {
            machine = (string?)warm["machine"];
            text.Append("\n**Recommend over gRPC**, demo world (20,000 items, 64 dimensions), server on one core, generator on the other, open loop at 1,000 requests/s:\n\n");
            text.Append("| users | p50 ms | p99 ms | p99.9 ms | server CPU µs/request | allocated B/request |\n| --- | ---: | ---: | ---: | ---: | ---: |\n");
            foreach ((string name, JsonNode row) in new[] { ("known (tower + index)", warm), ("never seen (cluster profile)", cold) })
            {
                JsonNode latency = row["load"]!["latency_us"]!;
                text.Append(Line($"| {name} | {Of(latency["p50"]) / 1e3:0.00} | {Of(latency["p99"]) / 1e3:0.00} | {Of(latency["p99_9"]) / 1e3:0.00} | {Of(row["server_cpu_us_per_request"]):0} | {Of(row["server_bytes_per_request"]):N0} |"));
            }
        }

        if (Read(folder, "peer.json") is { } peer)
            text.Append(PeerFigures.Of(peer));

        if (Read(folder, "transport.json") is { } transport)
        {
            JsonNode ours = transport["grpc"]!, bare = transport["bare"]!;
            machine ??= (string?)transport["machine"];
            text.Append("\n**Transport**, echo-sized unary call, against a bare Kestrel POST of the same bytes in the same run (h2load, 8 connections × 16 streams, one core each):\n\n");
            text.Append("| | requests/s | server CPU µs/request | allocated B/request |\n| --- | ---: | ---: | ---: |\n");
            text.Append(Line($"| gRPC | {Of(ours["requests_per_s"]):N0} | {Of(ours["cpu_us_per_request"]):0.0} | {Of(ours["allocated_bytes_per_request"]):N0} |"));
            text.Append(Line($"| bare Kestrel | {Of(bare["requests_per_s"]):N0} | {Of(bare["cpu_us_per_request"]):0.0} | {Of(bare["allocated_bytes_per_request"]):N0} |"));
            text.Append(Line($"| ratio | {Of(ours["requests_per_s"]) / Of(bare["requests_per_s"]):0.00} | {Of(transport["cpu_ratio"]):0.00} | {Of(ours["allocated_bytes_per_request"]) / Of(bare["allocated_bytes_per_request"]):0.00} |"));
        }

        if (Read(folder, "onnx.json") is { } onnx)
        {
            text.Append(Line($"\n**ONNX Runtime**, `{onnx["model"]}`, one thread, history of {onnx["length"]}:\n"));
            text.Append("| batch | buffers | p50 µs | p99 µs | allocated B/run |\n| ---: | --- | ---: | ---: | ---: |\n");
            foreach (JsonNode? row in onnx["rows"]!.AsArray())
                text.Append(Line($"| {row!["batch"]} | {row["mode"]} | {Of(row["p50_us"]):0.0} | {Of(row["p99_us"]):0.0} | {Of(row["allocated_bytes_per_run"]):0} |"));
        }

        if (Read(folder, "batching.json") is { } batching)
        {
            machine ??= (string?)batching["processor"];
            text.Append(Line($"\n**Batching**, retail user tower on one thread, histories of 1 to 50 items, callers in a closed loop, medians of {batching["rounds"]} interleaved rounds:\n"));
            text.Append("| callers | batching | embeddings/s | × no batching | p50 µs | p99 µs | rows/run |\n| ---: | --- | ---: | ---: | ---: | ---: | ---: |\n");
            foreach (JsonNode? row in batching["rows"]!.AsArray())
                text.Append(Line($"| {row!["callers"]} | {row["batching"]} | {Of(row["perSecond"]):N0} | {Of(row["timesUnbatched"]):0.00} | {Of(row["p50Us"]):N0} | {Of(row["p99Us"]):N0} | {Of(row["rowsPerRun"]):0.0} |"));
        }

        if (Read(folder, "goodput.json") is { } goodput)
        {
            machine ??= (string?)goodput["processor"];
            text.Append(Line($"\n**Overload**, a tower that can do {Of(goodput["capacityPerSecond"]):N0} users/s, open loop, deadlines of {goodput["deadlineMs"]} ms; and where it is not told of them:\n"));
            text.Append("| offered | deadlines | in time per second | of the peak | answered late per second | p99 ms of answers |\n| ---: | --- | ---: | ---: | ---: | ---: |\n");
            foreach (JsonNode? row in goodput["rows"]!.AsArray())
                text.Append(Line($"| {Of(row!["factor"]):0.0}× | {((bool)row["told"]! ? "told" : "not told")} | {Of(row["inTimePerSecond"]):N0} | {Of(row["ofPeak"]):P0} | {Of(row["latePerSecond"]):N0} | {Of(row["p99Ms"]):0.0} |"));
        }

        if (Read(folder, "swaps.json") is { } swaps)
        {
            machine ??= (string?)swaps["ours"]!["machine"];
            text.Append(Line($"\n**Swaps**, {swaps["ours"]!["swaps"]} of two versions of 20,000 items, server on one core, {swaps["ours"]!["rate"]} requests/s in an open loop; a swap is from the begin of the load to the release of the former version; naive: loads as urgently as it serves, on all cores, no cache, no warm-up:\n"));
            text.Append("| server | swap s | p50 / p99 ms between swaps | p50 / p99 ms in swaps | errors | mixed replies | resident MB before / after |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
            foreach (string server in new[] { "ours", "naive" })
            {
                JsonNode row = swaps[server]!;
                text.Append(Line(
                    $"| {server} | {Of(row["swapSeconds"]):0.00} | {Of(row["steadyP50"]):0.00} / {Of(row["steadyP99"]):0.00} | {Of(row["swapP50"]):0.00} / {Of(row["swapP99"]):0.00} | {row["errors"]} | {row["mixed"]} | {Of(row["residentBefore"]):0} / {Of(row["residentAfter"]):0} |"));
            }
        }

        if (Read(folder, "exact-scan.json") is { } scan)
        {
            machine ??= (string?)scan["processor"];
            text.Append(Line($"\n**Exact scan**, fp32, one thread, top 10, {scan["width"]}-bit kernels, against one `TensorPrimitives` call a row in the same rounds (medians):\n"));
            text.Append("| dimensions | rows | metric | ns/vector | GB/s | TensorPrimitives ns/vector | times faster |\n| ---: | ---: | --- | ---: | ---: | ---: | ---: |\n");
            foreach (JsonNode? row in scan["rows"]!.AsArray())
            {
                text.Append(Line(
                    $"| {row!["dimension"]} | {Of(row["rows"]):N0} | {row["metric"]} | {Of(row["nsPerVector"]):0.0} | {Of(row["gbPerSecond"]):0.0} | {Of(row["tensorPrimitivesNsPerVector"]):0.0} | {Of(row["timesFaster"]):0.00} |"));
            }
        }

        AppendIndexes(text, folder);
        if (machine is not null)
            text.Append(Line($"\nMachine: {machine}; shared, so read ratios before absolute figures.\n"));
        return text.ToString();
    }

    /// <summary>One table for each comparison that load-tests/index/compare.py left: index-SET.json.</summary>
    private static void AppendIndexes(StringBuilder text, string folder)
    {
        foreach (string path in Directory.EnumerateFiles(folder, "index-*.json").Order(StringComparer.Ordinal))
        {
            // Other measurements of the index have the prefix too, and another shape.
            if (JsonNode.Parse(File.ReadAllText(path)) is not JsonObject result || result["set"] is not JsonValue set || result["rows"] is not JsonArray rows)
                continue;
            text.Append(Line($"\n**Index**, set `{(string?)set}` ({result["metric"]}), recall@10 on one core of {result["cpu"]}, medians of {result["rounds"]} interleaved rounds; together: {result["interleave"]} queries at a time:\n"));
            text.Append("| index | target | recall | queries/s | × hnswlib M=16 | together | × | p99 µs | bytes/vector | build s |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
            foreach (JsonNode? row in rows)
            {
                string kind = (string?)row!["kind"] is { } chosen && (string?)row["index"] == "auto" ? $" ({chosen})" : "";
                string[] cells =
                [
                    $"{row["index"]}{kind}", Text(row["target"], "0.00##"), Text(row["recall"], "0.0000"), Text(row["qps"], "N0"), Text(row["ratio"], "0.00"), Text(row["interleaved_qps"], "N0"),
                    Text(row["interleaved_ratio"], "0.00"), Text(row["p99_us"], "N0"), Text(row["bytes_per_vector"], "N0"), Text(row["build_s"], "N0"),
                ];
                text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
            }
        }
    }

    /// <summary>A figure that may be missing: an index may not reach a target.</summary>
    private static string Text(JsonNode? number, string format) => ((double?)number)?.ToString(format, CultureInfo.InvariantCulture) ?? "–";

    private static JsonNode? Read(string folder, string file)
    {
        string path = Path.Combine(folder, file);
        return File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path)) : null;
    }

    private static double Of(JsonNode? number) => (double?)number ?? throw new InvalidDataException("A result file lacks a figure.");

    private static string Line(FormattableString line) => line.ToString(CultureInfo.InvariantCulture) + "\n";

    private static int Refuse(string why)
    {
        Console.Error.WriteLine(why);
        return 2;
    }
}
