using System.Globalization;
using System.Text.Json.Nodes;

namespace Benchmarks.Report;

/// <summary>What <c>./dev bench peer</c> measured, as the README shows it: medians of the rounds, and the median of the ratios of each.</summary>
internal static class PeerFigures
{
    public static string Of(JsonNode peer)
    {
        JsonNode ours = peer["ours"]!, other = peer["peer"]!;
        return string.Create(CultureInfo.InvariantCulture, $"""

            **Beside a C++ server** written for the same call with gRPC's completion queues, ONNX Runtime and hnswlib ([tests/peers](tests/peers/README.md)): 1,000,000 items of 64 dimensions, known users, no cached embeddings, one core for the server that is asked and one for the generator, in turns, medians of {ours["sustained_rps"]!.AsArray().Count} rounds:

            | | this server | C++ | ratio |
            | --- | ---: | ---: | ---: |
            | recall@10 | {ours["recall"]} | {other["recall"]} | |
            {Row($"requests/s with p99 within {peer["slo"]}", "sustained_rps", "N0")}
            {Row("peak, 64 in flight, requests/s", "peak_rps", "N0")}
            {Row("CPU µs/request at the peak", "cpu_us_per_request", "0")}

            """);

        string Row(string what, string measure, string format)
        {
            double[] mine = Values(ours, measure), others = Values(other, measure);
            return string.Create(CultureInfo.InvariantCulture, $"| {what} | {Median(mine).ToString(format, CultureInfo.InvariantCulture)} | {Median(others).ToString(format, CultureInfo.InvariantCulture)} | {Median([.. mine.Zip(others, static (a, b) => a / b)]):0.00} |");
        }
    }

    private static double[] Values(JsonNode side, string measure) => [.. side[measure]!.AsArray().Select(static value => (double)value!)];

    private static double Median(double[] values)
    {
        double[] ascending = [.. values.Order()];
        return ascending.Length % 2 == 1 ? ascending[ascending.Length / 2] : (ascending[ascending.Length / 2 - 1] + ascending[ascending.Length / 2]) / 2;
    }
}
