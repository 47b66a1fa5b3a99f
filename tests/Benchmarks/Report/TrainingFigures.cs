using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Benchmarks.Report;

/// <summary>What `./dev bench training` found, as a table for the README: NDCG@10 of the bundle beside popularity and EASE, and how near the server comes to it.</summary>
internal static class TrainingFigures
{
    public const string Begin = "<!-- training-figures:begin -->", End = "<!-- training-figures:end -->";

    private static readonly (string Name, string Title)[] Scenarios =
    [
        ("unseen_user", "no event"), ("few_1", "1"), ("few_3", "3"), ("few_5", "5"), ("few_10", "10 events"), ("warm", "warm users"), ("cold_only", "new items"),
    ];

    public static string Of(string folder)
    {
        string evaluation = Path.Combine(folder, "evaluation.json"), training = Path.Combine(folder, "training.json");
        if (!File.Exists(evaluation) || !File.Exists(training))
            return "";
        JsonNode judged = JsonNode.Parse(File.ReadAllText(evaluation))!, trained = JsonNode.Parse(File.ReadAllText(training))!;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"\nNDCG@10 on the test part of `{judged["dataset"]}`, full ranking; one training, {(double)trained["seconds"]!:0} s on two shared cores:\n\n");
        text.Append($"| | {string.Join(" | ", Scenarios.Select(scenario => scenario.Title))} |\n| --- |{string.Concat(Scenarios.Select(_ => " ---: |"))}\n");
        JsonNode results = judged["results"]!;
        foreach ((string model, string title) in new[] { ("popularity", "popularity"), ("ease", "EASE"), ("bundle", "**trained bundle**"), ("server", "the same, asked over gRPC") })
        {
            if (results[model] is { } row)
                text.Append($"| {title} | {string.Join(" | ", Scenarios.Select(scenario => Ndcg(row, scenario.Name)?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "–"))} |\n");
        }

        if (results["popularity"] is { } popularity && results["bundle"] is { } bundle)
        {
            IEnumerable<string> ratios = Scenarios.Select(scenario => Ndcg(bundle, scenario.Name) / Ndcg(popularity, scenario.Name) is { } ratio ? ratio.ToString("0.00", CultureInfo.InvariantCulture) : "–");
            text.Append($"| bundle ÷ popularity | {string.Join(" | ", ratios)} |\n");
        }

        return text.Append('\n').ToString();
    }

    private static double? Ndcg(JsonNode model, string scenario) => (double?)model[scenario]?["ndcg@10"];
}
