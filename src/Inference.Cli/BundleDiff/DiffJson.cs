using System.Text.Json;
using Inference.Towers.Bundles;

namespace Inference.Cli.BundleDiff;

/// <summary>The comparison of two bundles, for scripts. What is not a number is not there.</summary>
internal static class DiffJson
{
    public static void Write(Utf8JsonWriter json, DiffReport report, IReadOnlyList<GateResult> gates)
    {
        json.WriteStartObject();
        json.WriteBoolean("ok", true);
        Side(json, "a", report.A);
        Side(json, "b", report.B);
        json.WriteString("spaces", report.Relation switch
        {
            SpaceRelation.Same => "same",
            SpaceRelation.ChildOfA => "b_child_of_a",
            SpaceRelation.ParentOfA => "a_child_of_b",
            SpaceRelation.Siblings => "siblings",
            _ => "unrelated",
        });
        Vectors(json, "user_cosine", report.UserVectors);
        Vectors(json, "item_cosine", report.ItemVectors);
        json.WriteStartObject("items");
        json.WriteNumber("both", report.ItemsInBoth);
        json.WriteNumber("only_a", report.ItemsOnlyInA);
        json.WriteNumber("only_b", report.ItemsOnlyInB);
        json.WriteEndObject();
        json.WriteStartArray("scenarios");
        foreach (ScenarioReport scenario in report.Scenarios)
            Scenario(json, scenario, report.Cutoffs);
        json.WriteEndArray();
        if (report.Towers is { } towers)
        {
            json.WritePropertyName("towers");
            Scenario(json, towers, report.Cutoffs);
        }

        Number(json, "latency_ratio", report.LatencyRatio);
        Number(json, "memory_ratio", report.MemoryRatio);
        json.WriteStartArray("warnings");
        foreach (string warning in report.Warnings)
            json.WriteStringValue(warning);
        json.WriteEndArray();
        Gates(json, gates);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, IReadOnlyList<BundleException> refused)
    {
        json.WriteStartObject();
        json.WriteBoolean("ok", false);
        json.WriteStartArray("refused");
        foreach (BundleException one in refused)
        {
            json.WriteStartObject();
            json.WriteString("bundle", one.Bundle);
            json.WriteStartArray("reasons");
            foreach (string reason in one.Reasons)
                json.WriteStringValue(reason);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Gates(Utf8JsonWriter json, IReadOnlyList<GateResult> gates)
    {
        if (gates.Count == 0)
            return;
        json.WriteBoolean("admitted", gates.All(gate => gate.IsMet));
        json.WriteStartArray("gates");
        foreach (GateResult gate in gates)
        {
            json.WriteStartObject();
            json.WriteString("name", gate.Name);
            Number(json, "value", gate.Value);
            json.WriteNumber(gate.IsLeast ? "least" : "most", gate.Bound);
            json.WriteBoolean("met", gate.IsMet);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Side(Utf8JsonWriter json, string name, SideReport side)
    {
        json.WriteStartObject(name);
        json.WriteString("bundle", side.Folder);
        json.WriteString("model_version", side.Model.FullVersion);
        json.WriteString("embedding_space_id", side.Model.EmbeddingSpaceId);
        if (side.Model.ParentSpaceId.Length > 0)
            json.WriteString("parent_space_id", side.Model.ParentSpaceId);
        json.WriteNumber("dimension", side.Model.Dimension);
        json.WriteNumber("items", side.Items);
        json.WriteNumber("model_bytes", side.ModelBytes);
        json.WriteString("index_kind", side.IndexKind);
        json.WriteNumber("index_bytes", side.IndexBytes);
        json.WriteNumber("load_s", Math.Round(side.LoadTime.TotalSeconds, 3));
        Latency(json, "tower", side.Tower);
        Latency(json, "search", side.Search);
        Latency(json, "answer", side.Answer);
        json.WriteEndObject();
    }

    private static void Latency(Utf8JsonWriter json, string name, PartLatency part)
    {
        if (part.Count == 0)
            return;
        json.WriteStartObject(name);
        json.WriteNumber("count", part.Count);
        json.WriteNumber("p50_us", Math.Round(part.P50, 2));
        json.WriteNumber("p99_us", Math.Round(part.P99, 2));
        json.WriteEndObject();
    }

    private static void Scenario(Utf8JsonWriter json, ScenarioReport scenario, IReadOnlyList<int> cutoffs)
    {
        json.WriteStartObject();
        json.WriteString("name", scenario.Name);
        json.WriteNumber("requests", scenario.Requests);
        json.WriteStartObject("overlap");
        for (int i = 0; i < cutoffs.Count; i++)
            Number(json, cutoffs[i].ToString(System.Globalization.CultureInfo.InvariantCulture), scenario.Overlaps[i]);
        json.WriteEndObject();
        Number(json, "rank_correlation", scenario.RankCorrelation);
        Number(json, "rank_biased_overlap", scenario.RankBiasedOverlap);
        Number(json, "same_rung", scenario.SameRung);
        Number(json, "coverage_a", scenario.CoverageA);
        Number(json, "coverage_b", scenario.CoverageB);
        Number(json, "served_overlap10", scenario.ServedOverlapAt10);
        Number(json, "places_only_a", scenario.OnlyInA);
        Number(json, "places_only_b", scenario.OnlyInB);
        json.WriteEndObject();
    }

    private static void Vectors(Utf8JsonWriter json, string name, VectorReport? vectors)
    {
        if (vectors is not { } cosines)
            return;
        json.WriteStartObject(name);
        json.WriteNumber("count", cosines.Count);
        Number(json, "mean", cosines.Mean);
        Number(json, "least", cosines.Least);
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, Math.Round(value, 6));
    }
}
