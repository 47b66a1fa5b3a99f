using System.Collections.Frozen;
using System.Text.Json;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Manifests;

namespace Inference.Towers.Bundles;

/// <summary>Reads the cluster profiles of a bundle.</summary>
internal static class ProfilesReader
{
    private const long MaxBytes = 512L << 20;
    private const int MaxClusters = 4096;

    /// <summary>The profiles; null, with the reasons reported, when they cannot be used.</summary>
    public static ClusterProfiles? Read(CheckedFile file, ItemCatalogue items, int dimension, BundleProblems problems)
    {
        int before = problems.Count;
        ProfilesFile content;
        try
        {
            content = JsonFile.Read(file.Path, MaxBytes, BundleJson.Default.ProfilesFile);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            problems.Add(file.Name, JsonFile.Explain(e));
            return null;
        }

        foreach (string unknown in content.UnknownFields?.Keys ?? [])
            problems.Add(file.Name, $"unknown field '{unknown}'.");
        int clusters = content.Clusters?.Count ?? 0;
        if (clusters is 0 or > MaxClusters)
        {
            problems.Add(file.Name, $"'clusters' has {clusters} entries; it can have 1 to {MaxClusters}.");
            return null;
        }

        var profiles = new ClusterProfile?[clusters];
        var seen = new HashSet<int>();
        for (int c = 0; c < clusters; c++)
            profiles[c] = ProfileOf(content.Clusters![c], $"{file.Name}: clusters[{c}]", items, dimension, seen, problems);
        var tables = new List<ContextTable>();
        foreach ((string feature, IReadOnlyDictionary<string, float[]>? values) in content.Context ?? new Dictionary<string, IReadOnlyDictionary<string, float[]>>())
            tables.Add(TableOf(feature, values, clusters, $"{file.Name}: context['{feature}']", problems));
        return problems.Count > before ? null : new ClusterProfiles(profiles!, tables);
    }

    private static ClusterProfile? ProfileOf(ClusterEntry? entry, string where, ItemCatalogue items, int dimension, HashSet<int> seen, BundleProblems problems)
    {
        int before = problems.Count;
        if (entry is null)
        {
            problems.Add(where, "is null.");
            return null;
        }

        foreach (string unknown in entry.UnknownFields?.Keys ?? [])
            problems.Add(where, $"unknown field '{unknown}'.");
        if (entry.Users is null or < 0)
            problems.Add(where, "'users' is missing or negative.");
        if (entry.Centroid is null || entry.Centroid.Length != dimension || !entry.Centroid.All(float.IsFinite))
            problems.Add(where, $"'centroid' has {entry.Centroid?.Length ?? 0} numbers; it has to have {dimension}, all finite.");
        if (!(entry.RestScale >= 0 && float.IsFinite(entry.RestScale.Value)))
            problems.Add(where, "'rest_scale' is missing, negative or not finite.");
        IReadOnlyList<string> top = entry.TopItems ?? [];
        float[] rates = entry.TopRates ?? [];
        if (top.Count == 0 || top.Count != rates.Length)
        {
            problems.Add(where, $"'top_items' has {top.Count} ids and 'top_rates' {rates.Length} numbers; both need the same, at least 1.");
            return null;
        }

        var rows = new ScoredRow[top.Count];
        seen.Clear();
        for (int i = 0; i < rows.Length; i++)
        {
            if (!items.TryGetRow(top[i], out int row))
                problems.Add(where, $"'top_items' has '{top[i]}', which is no item of the bundle.");
            else if (!seen.Add(row))
                problems.Add(where, $"'top_items' has '{top[i]}' twice.");
            if (!(rates[i] >= 0 && rates[i] <= 1) || (i > 0 && rates[i] > rates[i - 1]))
                problems.Add(where, $"'top_rates' has {rates[i]} at place {i}; rates are in [0, 1] and do not rise.");
            rows[i] = new ScoredRow(row, rates[i]);
        }

        return problems.Count > before ? null : new ClusterProfile(entry.Label ?? "", entry.Users!.Value, entry.Centroid, rows, entry.RestScale!.Value);
    }

    private static ContextTable TableOf(string feature, IReadOnlyDictionary<string, float[]>? values, int clusters, string where, BundleProblems problems)
    {
        foreach ((string value, float[]? lift) in values ?? new Dictionary<string, float[]>())
        {
            if (lift is null || lift.Length != clusters || !lift.All(float.IsFinite))
                problems.Add(where, $"'{value}' has {lift?.Length ?? 0} numbers; it has to have one per cluster, {clusters}, all finite.");
        }

        return new ContextTable(feature, (values ?? new Dictionary<string, float[]>()).ToFrozenDictionary(StringComparer.Ordinal));
    }
}
