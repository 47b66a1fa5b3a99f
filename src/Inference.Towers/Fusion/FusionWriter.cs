using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Bundles;
using Inference.Vectors;

namespace Inference.Towers.Fusion;

/// <summary>Writes the files of a fused model into the folder of a bundle, and says what goes into fusion.json.</summary>
internal static class FusionWriter
{
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
    public static FusionFile Write(string folder, FusionModel model, Popularity? popularity) => new()
    {
        Sources = [.. model.Sources.Select(source => EntryOf(folder, source, popularity))],
        Weights = model.Weights is null ? null : [.. model.Weights.Points.Select(point => PointOf(point, model))],
        Clusters = model.Sources.Select(PosteriorOf).FirstOrDefault(posterior => posterior is not null) is { } clusters ? ClustersOf(folder, clusters) : null,
    };

    private static ClusterPosterior? PosteriorOf(ScoreSource source) => source switch
    {
        ClusterSource clusters => clusters.Posterior,
        FactorSource factors => factors.Clusters,
        _ => null,
    };

    private static FusionSourceEntry EntryOf(string folder, ScoreSource source, Popularity? popularity)
    {
        var entry = new FusionSourceEntry { Name = source.Name, Standardised = source.IsStandardised };
        switch (source)
        {
            case TowerSource tower:
                return entry with { Kind = tower.IsOfContext ? FusionSourceReader.TowerContext : FusionSourceReader.Tower };
            case NeighbourSource neighbours:
                string lists = $"neighbours_{source.Name}.bin";
                WeightedListsFile.Write(Path.Combine(folder, lists), neighbours.Lists);
                return entry with
                {
                    Kind = FusionSourceReader.Neighbours,
                    File = lists,
                    Decay = neighbours.Decay,
                    Latest = LatestOf(neighbours.Latest),
                    Combine = neighbours.Combination == NeighbourCombination.Largest ? FusionSourceReader.Largest : FusionSourceReader.Sum,
                };
            case UserNeighbourSource users:
                string owned = $"users_{source.Name}.bin";
                WeightedListsFile.Write(Path.Combine(folder, owned), users.Lists);
                return entry with
                {
                    Kind = FusionSourceReader.UserNeighbours,
                    File = owned,
                    Neighbours = users.Options.Neighbours,
                    Decay = users.Options.Decay,
                    Latest = LatestOf(users.Options.Latest),
                    RarityPower = users.Options.RarityPower,
                    LengthPower = users.Options.LengthPower,
                };
            case FactorSource factors:
                return FactorsOf(folder, entry, factors);
            case ClusterSource clusters:
                return entry with { Kind = FusionSourceReader.Clusters, Epsilon = clusters.Epsilon };
            case ContextSource context:
                string ratios = $"context_{source.Name}.bin";
                WeightedListsFile.Write(Path.Combine(folder, ratios), context.Lists);
                return entry with
                {
                    Kind = FusionSourceReader.Context,
                    File = ratios,
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

    private static FusionSourceEntry FactorsOf(string folder, FusionSourceEntry entry, FactorSource factors)
    {
        string file = $"factors_{entry.Name}.npy";
        float[] all = new float[factors.RowCount * factors.Dimension];
        for (int row = 0; row < factors.RowCount; row++)
            factors.FactorOf(row).CopyTo(all.AsSpan(row * factors.Dimension));
        NpyFile.Write(Path.Combine(folder, file), all, factors.RowCount, factors.Dimension);
        string? centroids = factors.Clusters is null ? null : $"factors_{entry.Name}_centroids.npy";
        if (centroids is not null)
            NpyFile.Write(Path.Combine(folder, centroids), factors.Centroids.Span, factors.Clusters!.Count, factors.Dimension);
        return entry with
        {
            Kind = FusionSourceReader.Factors,
            File = file,
            Centroids = centroids,
            Latest = LatestOf(factors.Options.Latest),
            UnseenWeight = factors.Options.UnseenWeight,
            Ridge = factors.Options.Ridge,
            RidgePerEvent = factors.Options.RidgePerEvent,
        };
    }

    private static FusionClustersEntry ClustersOf(string folder, ClusterPosterior clusters)
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
        };
    }

    private static FusionPointEntry PointOf(FusionWeightPoint point, FusionModel model)
    {
        var weights = new Dictionary<string, float>(StringComparer.Ordinal);
        for (int i = 0; i < model.Sources.Count; i++)
            weights[model.Sources[i].Name] = point.Weights[i];
        return new FusionPointEntry { Events = point.Events, Sources = weights };
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
