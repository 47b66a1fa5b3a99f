using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Bundles;
using Inference.Vectors;

namespace Inference.Towers.Fusion;

/// <summary>Makes the sources of fusion.json, and reports what is wrong with them.</summary>
internal sealed class FusionSourceReader(
    string fileName, IReadOnlyDictionary<string, CheckedFile> files, int items, bool hasProfiles, ClusterPosterior? clusters, Popularity? popularity, BundleProblems problems)
{
    public const string Tower = "tower";
    public const string TowerContext = "tower_context";
    public const string Neighbours = "neighbours";
    public const string UserNeighbours = "user_neighbours";
    public const string Factors = "factors";
    public const string Clusters = "clusters";
    public const string Context = "context";
    public const string Popularity = "popularity";
    public const string Sum = "sum";
    public const string Largest = "largest";
    public const string Confidence = "confidence";
    public const string ConfidenceLift = "confidence_lift";

    private readonly Dictionary<(string File, int? Rows), WeightedLists> _lists = [];

    /// <summary>One source; null, with the reasons reported, when it cannot be used.</summary>
    public PlannedSource? Read(FusionSourceEntry entry, string where)
    {
        int before = problems.Count;
        foreach (string unknown in entry.UnknownFields?.Keys ?? [])
            problems.Add(where, $"unknown field '{unknown}'.");
        if (entry.Name is null || !BundleFiles.IsIdentifier(entry.Name))
            problems.Add(where, "'name' is missing, or not made of 1 to 64 letters, digits, '.', '_' and '-'.");
        CheckFields(entry, where);
        if (problems.Count > before)
            return null;
        try
        {
            return entry.Kind switch
            {
                Tower => new PlannedSource(null, entry.Name!, IsOfContext: false, entry.Standardised ?? true),
                TowerContext => new PlannedSource(null, entry.Name!, IsOfContext: true, entry.Standardised ?? true),
                Neighbours => ReadNeighbours(entry, where),
                UserNeighbours => ReadUserNeighbours(entry, where),
                Factors => ReadFactors(entry, where),
                Clusters => ReadClusters(entry, where),
                Context => ReadContext(entry, where),
                _ => ReadPopularity(entry, where),
            };
        }
        catch (ArgumentException e)
        {
            problems.Add(where, e.Message);
            return null;
        }
    }

    /// <summary>Lists of a file: the same for all sources that name it.</summary>
    private WeightedLists? ListsOf(string? name, string where, int? rows)
    {
        if (name is not null && _lists.TryGetValue((name, rows), out WeightedLists? lists))
            return lists;
        lists = FusionReader.ReadLists(files, name, where, rows, items, problems);
        if (lists is not null)
            _lists.Add((name!, rows), lists);
        return lists;
    }

    private PlannedSource? ReadNeighbours(FusionSourceEntry entry, string where)
    {
        if (ListsOf(entry.File, where + ".file", items) is not { } lists)
            return null;
        NeighbourCombination combination = entry.Combine == Largest ? NeighbourCombination.Largest : NeighbourCombination.Sum;
        NeighbourWeights weights = entry.Rules switch
        {
            Confidence => NeighbourWeights.Confidence,
            ConfidenceLift => NeighbourWeights.ConfidenceLift,
            _ => NeighbourWeights.Other,
        };
        return new PlannedSource(new NeighbourSource(entry.Name!, lists, entry.Decay ?? 1f, entry.Latest ?? int.MaxValue, combination, entry.Standardised ?? true, weights));
    }

    private PlannedSource? ReadUserNeighbours(FusionSourceEntry entry, string where)
    {
        if (ListsOf(entry.File, where + ".file", rows: null) is not { } lists)
            return null;
        var defaults = new UserNeighbourOptions();
        var options = new UserNeighbourOptions(
            entry.Neighbours ?? defaults.Neighbours, entry.Decay ?? defaults.Decay, entry.Latest ?? defaults.Latest, entry.RarityPower ?? defaults.RarityPower,
            entry.LengthPower ?? defaults.LengthPower);
        return new PlannedSource(new UserNeighbourSource(entry.Name!, lists, options, entry.Standardised ?? true));
    }

    private PlannedSource? ReadFactors(FusionSourceEntry entry, string where)
    {
        if (entry.UnseenWeight is null || entry.Ridge is null)
        {
            problems.Add(where, "needs 'unseen_weight' and 'ridge'.");
            return null;
        }

        if (FusionReader.ReadMatrix(files, entry.File, where + ".file", items, 0, problems) is not { } factors)
            return null;
        float[]? centroids = null;
        if (entry.Centroids is not null)
        {
            if (clusters is null || FusionReader.ReadMatrix(files, entry.Centroids, where + ".centroids", clusters.Count, factors.Dimension, problems) is not { } matrix)
            {
                NeedsProfiles(where);
                factors.Dispose();
                return null;
            }

            centroids = new float[matrix.Count * matrix.Dimension];
            for (int row = 0; row < matrix.Count; row++)
                matrix.Row(row).CopyTo(centroids.AsSpan(row * matrix.Dimension));
            matrix.Dispose();
        }

        try
        {
            var options = new FactorOptions(entry.UnseenWeight.Value, entry.Ridge.Value, entry.RidgePerEvent ?? 0, entry.Latest ?? int.MaxValue);
            return new PlannedSource(new FactorSource(entry.Name!, factors, options, centroids is null ? null : clusters, centroids, entry.Standardised ?? true));
        }
        catch (ArgumentException)
        {
            factors.Dispose();
            throw;
        }
    }

    private PlannedSource? ReadClusters(FusionSourceEntry entry, string where)
    {
        NeedsProfiles(where);
        return clusters is null || popularity is null ? null : new PlannedSource(new ClusterSource(entry.Name!, clusters, popularity, entry.Epsilon ?? 1e-6f, entry.Standardised ?? true));
    }

    private PlannedSource? ReadContext(FusionSourceEntry entry, string where)
    {
        if (entry.Fields is null || entry.Fields.Any(field => field?.Feature is null || field.Values is null || field.UnknownFields is { Count: > 0 }))
        {
            problems.Add(where, "'fields' is missing, or one of them has not just 'feature' and 'values'.");
            return null;
        }

        ContextValues[] fields = [.. entry.Fields.Select(field => new ContextValues(field!.Feature!, field.Values!))];
        return ListsOf(entry.File, where + ".file", fields.Sum(field => field.Values.Count)) is { } lists
            ? new PlannedSource(new ContextSource(entry.Name!, fields, lists, entry.Standardised ?? false))
            : null;
    }

    private PlannedSource? ReadPopularity(FusionSourceEntry entry, string where)
    {
        float[] rates = new float[items];
        if (entry.File is null)
        {
            if (popularity is null)
                return null;
            for (int row = 0; row < rates.Length; row++)
                rates[row] = popularity.RateOf(row);
        }
        else if (FusionReader.ReadMatrix(files, entry.File, where + ".file", items, 1, problems) is { } matrix)
        {
            for (int row = 0; row < rates.Length; row++)
                rates[row] = matrix.Row(row)[0];
            matrix.Dispose();
        }
        else
        {
            return null;
        }

        return new PlannedSource(new PopularitySource(entry.Name!, rates, entry.Epsilon ?? 1e-6f, entry.Standardised ?? true));
    }

    private void NeedsProfiles(string where)
    {
        if (!hasProfiles)
            problems.Add(where, $"needs the clusters of 'profiles', which the bundle does not have, or which cannot be used ({fileName} speaks of them).");
    }

    /// <summary>A field that a kind does not read would silently do nothing.</summary>
    private void CheckFields(FusionSourceEntry entry, string where)
    {
        string[]? allowed = entry.Kind switch
        {
            Tower or TowerContext => [],
            Neighbours => ["file", "decay", "latest", "combine", "rules"],
            UserNeighbours => ["file", "neighbours", "decay", "latest", "rarity_power", "length_power"],
            Factors => ["file", "latest", "unseen_weight", "ridge", "ridge_per_event", "centroids"],
            Clusters => ["epsilon"],
            Context => ["file", "fields"],
            Popularity => ["file", "epsilon"],
            _ => null,
        };
        if (allowed is null)
        {
            problems.Add(where, $"'kind' is {(entry.Kind is null ? "missing" : $"'{entry.Kind}'")}; it can be {Tower}, {TowerContext}, {Neighbours}, {UserNeighbours}, {Factors}, {Clusters}, {Context} or {Popularity}.");
            return;
        }

        Check("file", entry.File is not null);
        Check("decay", entry.Decay is not null);
        Check("latest", entry.Latest is not null);
        Check("combine", entry.Combine is not null);
        Check("rules", entry.Rules is not null);
        Check("neighbours", entry.Neighbours is not null);
        Check("rarity_power", entry.RarityPower is not null);
        Check("length_power", entry.LengthPower is not null);
        Check("unseen_weight", entry.UnseenWeight is not null);
        Check("ridge", entry.Ridge is not null);
        Check("ridge_per_event", entry.RidgePerEvent is not null);
        Check("centroids", entry.Centroids is not null);
        Check("epsilon", entry.Epsilon is not null);
        Check("fields", entry.Fields is not null);
        if (entry.Combine is not (null or Sum or Largest))
            problems.Add(where, $"'combine' is '{entry.Combine}'; it can be '{Sum}' or '{Largest}'.");
        if (entry.Rules is not (null or Confidence or ConfidenceLift))
            problems.Add(where, $"'rules' is '{entry.Rules}'; it can be '{Confidence}' or '{ConfidenceLift}'.");

        void Check(string field, bool isThere)
        {
            if (isThere && !allowed.Contains(field))
                problems.Add(where, $"'{field}' is nothing that the kind '{entry.Kind}' reads.");
        }
    }
}
