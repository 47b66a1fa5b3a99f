using System.Globalization;
using System.Text.Json;
using Inference.Cli.Frame;
using Inference.Training.Evaluation;

namespace Inference.Cli.Evaluation.Replay;

/// <summary>What a replay says beside its scores: who answered and how, and how far served scores are from those of the bundle.</summary>
internal static class ReplayReport
{
    public static void Write(CommandHost host, EvaluationReport report, ReplayTally tally)
    {
        host.Output.WriteLine(FormattableString.Invariant($"server    {tally.Address} with {tally.ModelVersion}: {tally.Answers:N0} answers ({Counts(tally.Rungs)}), {tally.Degraded:N0} degraded{(tally.Degraded > 0 ? $" ({Counts(tally.Degradations)})" : "")}"));
        if (tally.CutHistories > 0)
            host.Output.WriteLine(FormattableString.Invariant($"          {tally.CutHistories:N0} histories were longer than a request may have; their latest part was sent"));
        if (AgainstBundle(report).ToArray() is { Length: > 0 } differences)
            host.Output.WriteLine($"          NDCG@10 against the bundle: {string.Join(", ", differences.Select(one => $"{one.Scenario} {Percent(one.Relative)}"))}");
    }

    /// <summary>Writes the property "server".</summary>
    public static void Write(Utf8JsonWriter json, EvaluationReport report, ReplayTally tally)
    {
        json.WriteStartObject(ReplayedServer.EntrantName);
        json.WriteString("address", tally.Address);
        json.WriteString("model_version", tally.ModelVersion);
        json.WriteString("embedding_space_id", tally.EmbeddingSpaceId);
        json.WriteNumber("answers", tally.Answers);
        json.WriteNumber("degraded", tally.Degraded);
        json.WriteNumber("cut_histories", tally.CutHistories);
        Counts(json, "rungs", tally.Rungs);
        Counts(json, "degradations", tally.Degradations);
        json.WriteStartObject("ndcg@10_rel_to_bundle");
        foreach ((string scenario, double relative) in AgainstBundle(report))
        {
            if (double.IsFinite(relative))
                json.WriteNumber(scenario, relative);
            else
                json.WriteNull(scenario);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>(server − bundle) ∕ bundle of NDCG@10 by scenario; nothing where no bundle was judged.</summary>
    private static IEnumerable<(string Scenario, double Relative)> AgainstBundle(EvaluationReport report)
    {
        foreach (Scenario scenario in report.Scenarios)
        {
            if (Of(ReplayedServer.EntrantName, scenario) is { } served && Of(ServedBundle.EntrantName, scenario) is { } offline)
                yield return (scenario.Name, served == offline ? 0 : (served - offline) / offline);
        }

        double? Of(string name, Scenario scenario) =>
            report.Entrants.FirstOrDefault(entrant => entrant.Name == name)?.Results.FirstOrDefault(result => result.Scenario == scenario)?.Metrics.Ndcg10;
    }

    private static string Counts(IReadOnlyDictionary<string, int> counts) => string.Join(", ", counts.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Key} {one.Value:N0}")));

    private static void Counts(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, int> counts)
    {
        json.WriteStartObject(name);
        foreach ((string key, int count) in counts)
            json.WriteNumber(key, count);
        json.WriteEndObject();
    }

    private static string Percent(double relative) => (relative * 100).ToString("+0.00;−0.00;±0.00", CultureInfo.InvariantCulture) + " %";
}
