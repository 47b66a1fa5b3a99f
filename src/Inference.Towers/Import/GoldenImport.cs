using System.Text.Json;
using Inference.Recommendations.Features;
using Inference.Towers.Bundles;
using Inference.Towers.Manifests;

namespace Inference.Towers.Import;

/// <summary>Reads an exporter's golden cases, which speak of rows and input values, and says them in ids and features.</summary>
internal static class GoldenImport
{
    private const long MaxRankerBytes = 256 << 20;

    public static GoldenFile Read(ImportDescription description, string folder, ImportedItems items)
    {
        ImportGolden wanted = description.Golden!;
        string path = Path.Combine(folder, wanted.File);
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            var cases = new List<GoldenCase>();
            foreach (JsonElement one in document.RootElement.GetProperty(wanted.Cases).EnumerateArray())
                cases.Add(CaseOf(one, wanted, description.UserTower, items));
            return new GoldenFile { Tolerance = 1e-4, Cases = cases };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentOutOfRangeException)
        {
            throw new InvalidDataException($"{path}: is not as the description says: {e.Message}", e);
        }
    }

    /// <summary>Adds the cases of the ranking model, which speak of ids and features already.</summary>
    public static GoldenFile? ReadRanker(ImportDescription description, string folder, GoldenFile? golden)
    {
        if (description.RankerGolden is not { } file)
            return golden;
        string path = Path.Combine(folder, file);
        try
        {
            IReadOnlyList<RankerCase> cases = JsonFile.Read(path, MaxRankerBytes, BundleJson.Default.IReadOnlyListRankerCase);
            return (golden ?? new GoldenFile { Tolerance = 1e-4 }) with { Ranker = cases };
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: {JsonFile.Explain(e)}", e);
        }
    }

    private static GoldenCase CaseOf(JsonElement one, ImportGolden wanted, TowerManifest tower, ImportedItems items)
    {
        var features = new Dictionary<string, FeatureValue>(StringComparer.Ordinal);
        foreach ((string input, string field) in wanted.Inputs ?? new Dictionary<string, string>())
        {
            InputManifest manifest = tower.Inputs!.FirstOrDefault(candidate => candidate.Name == input)
                ?? throw new InvalidOperationException($"the user tower has no input '{input}'");
            long[] values = [.. one.GetProperty(field).EnumerateArray().Select(value => value.GetInt64())];
            EncoderInverse.Decode(manifest.Encoder!, values, features);
        }

        return new GoldenCase
        {
            Features = features,
            History = Ids(one.GetProperty(wanted.HistoryRows), items),
            Embedding = [.. one.GetProperty(wanted.Embedding).EnumerateArray().Select(value => value.GetSingle())],
            Top = wanted.TopRows is null ? null : Ids(one.GetProperty(wanted.TopRows), items),
        };
    }

    private static string[] Ids(JsonElement rows, ImportedItems items) => [.. rows.EnumerateArray().Select(row => items.IdByExportRow[row.GetInt32()])];
}
