using System.Runtime.InteropServices;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Bundles;
using Inference.Vectors;

namespace Inference.Towers.Fusion;

/// <summary>Writes the files of a fused model into the folder of a bundle, and says what goes into fusion.json. Sources that share lists or factors share a file.</summary>
/// <param name="folder">Folder of the draft.</param>
/// <param name="popularity">The bundle's; a source that says the same needs no file.</param>
internal sealed class FusionWriter(string folder, Popularity? popularity)
{
    private readonly Dictionary<WeightedLists, string> _lists = new(ReferenceEqualityComparer.Instance);
    private readonly List<(float[] Factors, string File)> _factors = [];

    /// <summary>Whether a model can go into a bundle; the reason when it cannot.</summary>
    public static string? Refuse(FusionModel model, BundleContent content)
    {
        if (model.RowCount != content.Items.Count)
            return $"The fused model scores {model.RowCount} items; the bundle has {content.Items.Count}.";
        ClusterPosterior? one = null;
        foreach (ScoreSource source in model.Sources)
        {
            if (!BundleFiles.IsIdentifier(source.Name))
                return $"The source '{source.Name}' is not named by 1 to 64 letters, digits, '.', '_' and '-'.";
            if (PosteriorOf(source) is not { } posterior)
                continue;
            if (!ReferenceEquals(posterior.Profiles, content.Profiles))
                return $"The clusters of '{source.Name}' are not the bundle's profiles.";
            if (one is not null && !ReferenceEquals(one, posterior))
                return "Sources that go by clusters have to share one posterior.";
            one = posterior;
        }

        return null;
    }

    /// <summary>Writes everything but fusion.json.</summary>
    /// <param name="folder">Folder of the draft.</param>
    /// <param name="model">Checked by <see cref="Refuse"/>.</param>
    /// <param name="popularity">The bundle's; a source that says the same needs no file.</param>
    /// <returns>The content of fusion.json.</returns>
    public static FusionFile Write(string folder, FusionModel model, Popularity? popularity) => new FusionWriter(folder, popularity).Write(model);

    private FusionFile Write(FusionModel model) => new()
    {
        Sources = [.. model.Sources.Select(EntryOf)],
        Weights = model.Weights is null ? null : [.. model.Weights.Points.Select(point => PointOf(point, model))],
        NewItems = model.NewItems is null ? null : NewItemsOf(model.NewItems, model),
        Clusters = model.Sources.Select(PosteriorOf).FirstOrDefault(posterior => posterior is not null) is { } clusters ? ClustersOf(clusters) : null,
    };

    private static ClusterPosterior? PosteriorOf(ScoreSource source) => source switch
    {
        ClusterSource clusters => clusters.Posterior,
        FactorSource factors => factors.Clusters,
        _ => null,
    };

    private FusionSourceEntry EntryOf(ScoreSource source)
    {
        var entry = new FusionSourceEntry { Name = source.Name, Standardised = source.IsStandardised };
        switch (source)
        {
            case TowerSource tower:
                return entry with { Kind = tower.IsOfContext ? FusionSourceReader.TowerContext : FusionSourceReader.Tower };
            case NeighbourSource neighbours:
                return entry with
                {
                    Kind = FusionSourceReader.Neighbours,
                    File = FileOf(neighbours.Lists, $"neighbours_{source.Name}.bin"),
                    Decay = neighbours.Decay,
                    Latest = LatestOf(neighbours.Latest),
                    Combine = neighbours.Combination == NeighbourCombination.Largest ? FusionSourceReader.Largest : FusionSourceReader.Sum,
                    Rules = neighbours.Weights switch
                    {
                        NeighbourWeights.Confidence => FusionSourceReader.Confidence,
                        NeighbourWeights.ConfidenceLift => FusionSourceReader.ConfidenceLift,
                        _ => null,
                    },
                };
            case UserNeighbourSource users:
                return entry with
                {
                    Kind = FusionSourceReader.UserNeighbours,
                    File = FileOf(users.Lists, $"users_{source.Name}.bin"),
                    Neighbours = users.Options.Neighbours,
                    Decay = users.Options.Decay,
                    Latest = LatestOf(users.Options.Latest),
                    RarityPower = users.Options.RarityPower,
                    LengthPower = users.Options.LengthPower,
                };
            case FactorSource factors:
                return FactorsOf(entry, factors);
            case ClusterSource clusters:
                return entry with { Kind = FusionSourceReader.Clusters, Epsilon = clusters.Epsilon };
            case ContextSource context:
                return entry with
                {
                    Kind = FusionSourceReader.Context,
                    File = FileOf(context.Lists, $"context_{source.Name}.bin"),
                    Fields = [.. context.Fields.Select(field => new FusionFieldEntry { Feature = field.Feature, Values = field.Values })],
                };
            case PopularitySource popular:
                string? rates = IsSame(popular.Rates, popularity) ? null : $"popularity_{source.Name}.npy";
                if (rates is not null)
                    NpyFile.Write(Path.Combine(folder, rates), popular.Rates, popular.RowCount, 1);
                return entry with { Kind = FusionSourceReader.Popularity, File = rates, Epsilon = popular.Epsilon };
            default:
                throw new ArgumentException($"'{source.Name}' is of a kind that no bundle holds.", nameof(source));
        }
    }

    /// <summary>The file of lists; those that are written already have one.</summary>
    private string FileOf(WeightedLists lists, string name)
    {
        if (_lists.TryGetValue(lists, out string? written))
            return written;
        WeightedListsFile.Write(Path.Combine(folder, name), lists);
        return _lists[lists] = name;
    }

    /// <summary>The file of factors; equal ones, of which every source has its own copy, are written once.</summary>
    private string FileOf(FactorSource source)
    {
        float[] all = new float[source.RowCount * source.Dimension];
        for (int row = 0; row < source.RowCount; row++)
            source.FactorOf(row).CopyTo(all.AsSpan(row * source.Dimension));
        foreach ((float[] factors, string written) in _factors)
        {
            if (MemoryMarshal.AsBytes(all.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(factors.AsSpan())))
                return written;
        }

        string file = $"factors_{source.Name}.npy";
        NpyFile.Write(Path.Combine(folder, file), all, source.RowCount, source.Dimension);
        _factors.Add((all, file));
        return file;
    }

    private FusionSourceEntry FactorsOf(FusionSourceEntry entry, FactorSource factors)
    {
        string? centroids = factors.Clusters is null ? null : $"factors_{entry.Name}_centroids.npy";
        if (centroids is not null)
            NpyFile.Write(Path.Combine(folder, centroids), factors.Centroids.Span, factors.Clusters!.Count, factors.Dimension);
        return entry with
        {
            Kind = FusionSourceReader.Factors,
            File = FileOf(factors),
            Centroids = centroids,
            Latest = LatestOf(factors.Options.Latest),
            UnseenWeight = factors.Options.UnseenWeight,
            Ridge = factors.Options.Ridge,
            RidgePerEvent = factors.Options.RidgePerEvent,
        };
    }

    private FusionClustersEntry ClustersOf(ClusterPosterior clusters)
    {
        string? clicks = clusters.Clicks is null ? null : "cluster_clicks.bin";
        if (clicks is not null)
            WeightedListsFile.Write(Path.Combine(folder, clicks), clusters.Clicks!);
        return new FusionClustersEntry
        {
            Clicks = clicks,
            ClickOffsets = clicks is null ? null : clusters.ClickOffsets.ToArray(),
            ClickWeight = clusters.ClickWeight,
            ContextWeight = clusters.ContextWeight,
            SkipWeight = clusters.SkipWeight,
        };
    }

    private static FusionPointEntry PointOf(FusionWeightPoint point, FusionModel model)
    {
        var weights = new Dictionary<string, float>(StringComparer.Ordinal);
        for (int i = 0; i < model.Sources.Count; i++)
            weights[model.Sources[i].Name] = point.Weights[i];
        return new FusionPointEntry { Events = point.Events, Sources = weights };
    }

    private static FusionNewItemsEntry NewItemsOf(NewItemWeights newItems, FusionModel model)
    {
        var weights = new Dictionary<string, float>(StringComparer.Ordinal);
        for (int i = 0; i < model.Sources.Count; i++)
        {
            if (newItems.Weights[i] != 0f)
                weights[model.Sources[i].Name] = newItems.Weights[i];
        }

        return new FusionNewItemsEntry { FirstRow = newItems.FirstRow, Level = newItems.Level, Sources = weights };
    }

    private static int? LatestOf(int latest) => latest == int.MaxValue ? null : latest;

    private static bool IsSame(ReadOnlySpan<float> rates, Popularity? popularity)
    {
        if (popularity is null)
            return false;
        for (int row = 0; row < rates.Length; row++)
        {
            if (rates[row] != popularity.RateOf(row))
                return false;
        }

        return true;
    }
}
