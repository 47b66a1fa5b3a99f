using System.Text.Json;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Bundles;
using Inference.Towers.Manifests;
using Inference.Vectors;

namespace Inference.Towers.Fusion;

/// <summary>Reads fusion.json and the files that it names. Everything that is wrong is reported at once.</summary>
/// <param name="file">fusion.json.</param>
/// <param name="files">The files of the bundle that are as they should be.</param>
/// <param name="items">Items of the catalogue.</param>
/// <param name="profiles">The bundle's; null where it has none, or they are broken.</param>
/// <param name="popularity">The bundle's; null where it is broken.</param>
/// <param name="problems">Receives what is wrong.</param>
internal sealed class FusionReader(
    CheckedFile file, IReadOnlyDictionary<string, CheckedFile> files, int items, ClusterProfiles? profiles, Popularity? popularity, BundleProblems problems)
{
    private const long MaxBytes = 64 << 20;
    private const int MaxPoints = 64;

    /// <summary>The model; null, with the reasons reported, when it cannot be used.</summary>
    public FusionPlan? Read()
    {
        int before = problems.Count;
        FusionFile content;
        try
        {
            content = JsonFile.Read(file.Path, MaxBytes, BundleJson.Default.FusionFile);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            problems.Add(file.Name, JsonFile.Explain(e));
            return null;
        }

        Unknown(content.UnknownFields, file.Name);
        int count = content.Sources?.Count ?? 0;
        if (count is 0 or > FusionModel.MaxSources)
            problems.Add(file.Name, $"'sources' has {count} entries; it can have 1 to {FusionModel.MaxSources}.");
        ClusterPosterior? clusters = ReadClusters(content.Clusters);
        var reader = new FusionSourceReader(file.Name, files, items, profiles is not null, clusters, popularity, problems);
        var planned = new List<PlannedSource>();
        var names = new List<string>();
        for (int i = 0; i < count; i++)
        {
            string where = $"{file.Name}: sources[{i}]";
            if (content.Sources![i] is not { } entry)
            {
                problems.Add(where, "is null.");
                continue;
            }

            if (names.Contains(entry.Name ?? ""))
                problems.Add(where, $"'name' is '{entry.Name}', as another source's.");
            names.Add(entry.Name ?? "");
            if (reader.Read(entry, where) is { } source)
                planned.Add(source);
        }

        FusionWeights? weights = content.Weights is null ? null : ReadWeights(content.Weights, names);
        NewItemWeights? newItems = content.NewItems is null ? null : ReadNewItems(content.NewItems, names, content.Weights is not null);
        var plan = new FusionPlan(planned, weights, newItems);
        if (problems.Count == before)
            return plan;
        plan.Dispose();
        return null;
    }

    private ClusterPosterior? ReadClusters(FusionClustersEntry? entry)
    {
        string where = $"{file.Name}: clusters";
        if (entry is not null)
            Unknown(entry.UnknownFields, where);
        // Profiles that are broken are reported where they are read.
        if (profiles is null)
            return null;
        entry ??= new FusionClustersEntry();
        WeightedLists? clicks = entry.Clicks is null ? null : ReadLists(files, entry.Clicks, where + ".clicks", items, profiles.Count, problems);
        if (entry.Clicks is not null && clicks is null)
            return null;
        try
        {
            return new ClusterPosterior(profiles, clicks, entry.ClickOffsets ?? [], entry.ClickWeight ?? 0.5f, entry.ContextWeight ?? 1f, popularity, entry.SkipWeight ?? ClusterPosterior.DefaultSkipWeight);
        }
        catch (ArgumentException e)
        {
            problems.Add(where, e.Message);
            return null;
        }
    }

    private FusionWeights? ReadWeights(IReadOnlyList<FusionPointEntry?> entries, List<string> names)
    {
        string where = $"{file.Name}: weights";
        if (entries.Count is 0 or > MaxPoints)
        {
            problems.Add(where, $"has {entries.Count} points; it can have 1 to {MaxPoints}. Without weights ranks are added up.");
            return null;
        }

        int before = problems.Count;
        var points = new List<FusionWeightPoint>();
        for (int i = 0; i < entries.Count; i++)
        {
            string place = $"{where}[{i}]";
            if (entries[i] is not { Sources: { } weights, Events: { } events } entry)
            {
                problems.Add(place, "needs 'events' and 'sources'.");
                continue;
            }

            Unknown(entry.UnknownFields, place);
            foreach (string unknown in weights.Keys.Except(names))
                problems.Add(place, $"'sources' has '{unknown}', which is no source.");
            points.Add(new FusionWeightPoint(events, [.. names.Select(name => weights.GetValueOrDefault(name))]));
        }

        if (problems.Count > before)
            return null;
        try
        {
            return new FusionWeights(points);
        }
        catch (ArgumentException e)
        {
            problems.Add(where, e.Message);
            return null;
        }
    }

    private NewItemWeights? ReadNewItems(FusionNewItemsEntry entry, List<string> names, bool hasWeights)
    {
        string where = $"{file.Name}: new_items";
        Unknown(entry.UnknownFields, where);
        if (!hasWeights)
            problems.Add(where, "needs 'weights' for all other items.");
        if (entry is not { FirstRow: { } first, Level: { } level, Sources: { } weights })
        {
            problems.Add(where, "needs 'first_row', 'level' and 'sources'.");
            return null;
        }

        foreach (string unknown in weights.Keys.Except(names))
            problems.Add(where, $"'sources' has '{unknown}', which is no source.");
        if (first >= items)
            problems.Add(where, $"'first_row' is {first}; there are {items} items.");
        try
        {
            return new NewItemWeights(first, level, [.. names.Select(name => weights.GetValueOrDefault(name))]);
        }
        catch (ArgumentException e)
        {
            problems.Add(where, e.Message);
            return null;
        }
    }

    private void Unknown(IDictionary<string, JsonElement>? fields, string where)
    {
        foreach (string unknown in fields?.Keys ?? [])
            problems.Add(where, $"unknown field '{unknown}'.");
    }

    /// <summary>The lists of a file; null, with the reason reported, when they cannot be used.</summary>
    /// <param name="rows">Rows that they must have; null for any.</param>
    public static WeightedLists? ReadLists(IReadOnlyDictionary<string, CheckedFile> files, string? name, string where, int? rows, int columns, BundleProblems problems) =>
        Open(files, name, where, problems) is { } file ? Guarded(file, problems, path => WeightedListsFile.Read(path, rows, columns)) : null;

    /// <summary>The matrix of a file; null, with the reason reported, when it cannot be used.</summary>
    /// <param name="columns">Columns that it must have; 0 for any.</param>
    public static VectorMatrix? ReadMatrix(IReadOnlyDictionary<string, CheckedFile> files, string? name, string where, int rows, int columns, BundleProblems problems)
    {
        if (Open(files, name, where, problems) is not { } file || Guarded(file, problems, NpyFile.ReadMatrix) is not { } matrix)
            return null;
        if (matrix.Count == rows && (columns == 0 || matrix.Dimension == columns))
            return matrix;
        problems.Add(file.Name, $"is a matrix of ({matrix.Count}, {matrix.Dimension}); ({rows}, {(columns == 0 ? "any" : columns)}) is needed.");
        matrix.Dispose();
        return null;
    }

    private static CheckedFile? Open(IReadOnlyDictionary<string, CheckedFile> files, string? name, string where, BundleProblems problems)
    {
        if (name is not null && files.TryGetValue(name, out CheckedFile? file))
            return file;
        problems.Add(where, name is null ? "the name of a file is missing." : $"'{name}' is no file that 'files' of the manifest names.");
        return null;
    }

    private static T? Guarded<T>(CheckedFile file, BundleProblems problems, Func<string, T> read)
        where T : class
    {
        try
        {
            return read(file.Path);
        }
        catch (InvalidDataException e)
        {
            problems.Add(file.Name, e.Message);
            return null;
        }
    }
}
