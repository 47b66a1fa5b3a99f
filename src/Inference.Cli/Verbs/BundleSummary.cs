using System.Text.Json;
using Inference.Cli.Frame;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Ports;
using Inference.Towers.Bundles;
using Inference.Vectors;

namespace Inference.Cli.Verbs;

/// <summary>What a loaded bundle holds, in a few lines or fields.</summary>
internal static class BundleSummary
{
    public static void Write(CommandHost host, LoadedBundle loaded)
    {
        LiveIndex index = loaded.Snapshot.Index;
        host.Output.WriteLine($"bundle    {loaded.Folder}");
        host.Output.WriteLine($"model     {loaded.Snapshot.Model.FullVersion}");
        host.Output.WriteLine($"space     {loaded.Snapshot.Model.EmbeddingSpaceId}, {loaded.Snapshot.Model.Dimension} dimensions, {loaded.Snapshot.Model.Metric}{(loaded.Snapshot.Model.ParentSpaceId is { Length: > 0 } parent ? $", child of {parent}" : "")}");
        host.Output.WriteLine(FormattableString.Invariant($"holds     {loaded.Snapshot.Items.Count:N0} items, {loaded.Users.Count:N0} users, {loaded.Snapshot.Profiles?.Count ?? 0} cluster profiles"));
        host.Output.WriteLine(FormattableString.Invariant(
            $"index     {NameOf(index.Kind)}, {(loaded.IndexFromFile ? "from the bundle" : "built now")}, {index.Bytes / 1e6:N1} MB{(index.Tuning is { } tuning ? FormattableString.Invariant($", width {tuning.Width}, measured recall {tuning.Recall:0.0000}, {tuning.Latency.TotalMicroseconds:N0} µs a search") : "")}"));
        if (loaded.Snapshot.Fusion is { } fused)
        {
            string at = fused.Model.Weights is { } weights ? $"weights at {string.Join(", ", weights.Points.Select(point => point.Events))} events" : "ranks are added up";
            host.Output.WriteLine($"fusion    {string.Join(", ", fused.Model.Sources.Select(source => source.Name))}; {at}{(fused.Model.NewItems is { } newItems ? FormattableString.Invariant($"; items from row {newItems.FirstRow} on by weights of new items, level {newItems.Level:0.##}") : "")}");
        }

        if (loaded.Snapshot.Ranker is { } ranker)
        {
            string[] reads = [.. ranker.Features.Names.Order().Select(name => $"user {name}"), .. ranker.ItemFeatures.Names.Order().Select(name => $"item {name}"), .. CrossFeatures.NamesOf(ranker.Reads)];
            host.Output.WriteLine($"ranker    {string.Join(", ", reads)}{(ranker.MaxHistory > 0 ? $"{(reads.Length > 0 ? ", " : "")}the latest {ranker.MaxHistory} items of the history" : "")}; runs of up to {ranker.MaxBatch} candidates");
        }

        if (loaded.Manifest.ModelCard is { ValueKind: JsonValueKind.Object } card)
            host.Output.WriteLine($"card      {card.GetRawText().ReplaceLineEndings(" ")}");
        host.Output.WriteLine(FormattableString.Invariant($"golden    {loaded.GoldenCases} cases answered as expected, on {string.Join(", ", loaded.Providers)}"));
        foreach (string warning in loaded.Warnings)
            host.Output.WriteLine($"warning   {warning}");
    }

    /// <summary>Writes fields into an object that is open.</summary>
    public static void Write(Utf8JsonWriter json, LoadedBundle loaded)
    {
        json.WriteBoolean("ok", true);
        json.WriteString("bundle", loaded.Folder);
        json.WriteString("model_version", loaded.Snapshot.Model.FullVersion);
        json.WriteString("embedding_space_id", loaded.Snapshot.Model.EmbeddingSpaceId);
        if (loaded.Snapshot.Model.ParentSpaceId.Length > 0)
            json.WriteString("parent_space_id", loaded.Snapshot.Model.ParentSpaceId);
        json.WriteNumber("dimension", loaded.Snapshot.Model.Dimension);
        json.WriteNumber("items", loaded.Snapshot.Items.Count);
        json.WriteNumber("users", loaded.Users.Count);
        json.WriteNumber("golden_cases", loaded.GoldenCases);
        if (loaded.Snapshot.Fusion is { } fused)
        {
            json.WriteStartArray("fusion_sources");
            foreach (ScoreSource source in fused.Model.Sources)
                json.WriteStringValue(source.Name);
            json.WriteEndArray();
        }

        if (loaded.Snapshot.Ranker is { } ranker)
        {
            json.WriteStartObject("ranker");
            WriteNames(json, "user_features", ranker.Features.Names.Order());
            WriteNames(json, "item_features", ranker.ItemFeatures.Names.Order());
            WriteNames(json, "cross_features", CrossFeatures.NamesOf(ranker.Reads));
            json.WriteNumber("max_history", ranker.MaxHistory);
            json.WriteNumber("max_batch", ranker.MaxBatch);
            json.WriteEndObject();
        }

        if (loaded.Manifest.ModelCard is { ValueKind: JsonValueKind.Object } card)
        {
            json.WritePropertyName("model_card");
            card.WriteTo(json);
        }

        LiveIndex index = loaded.Snapshot.Index;
        json.WriteStartObject("index");
        json.WriteString("kind", NameOf(index.Kind));
        json.WriteBoolean("from_bundle", loaded.IndexFromFile);
        json.WriteNumber("bytes", index.Bytes);
        if (index.Tuning is { } tuning)
        {
            json.WriteNumber("width", tuning.Width);
            json.WriteNumber("recall", tuning.Recall);
            json.WriteNumber("target_recall", tuning.TargetRecall);
            json.WriteNumber("latency_us", tuning.Latency.TotalMicroseconds);
        }

        json.WriteEndObject();
        json.WriteStartArray("warnings");
        foreach (string warning in loaded.Warnings)
            json.WriteStringValue(warning);
        json.WriteEndArray();
    }

    private static void WriteNames(Utf8JsonWriter json, string field, IEnumerable<string> names)
    {
        json.WriteStartArray(field);
        foreach (string name in names)
            json.WriteStringValue(name);
        json.WriteEndArray();
    }

    private static string NameOf(IndexKind kind) => kind.ToString().ToLowerInvariant();
}
