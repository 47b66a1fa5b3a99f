using System.Collections.Frozen;
using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;

namespace UnitTests.Recommendations.Fusion;

/// <summary>Sources of every kind over one small catalogue, all numbers drawn from a seed, with the plain arrays that oracles work on.</summary>
internal sealed class FusionWorld : IDisposable
{
    public const int Dimension = 12;
    public const int FactorDimension = 9;
    public const int Clusters = 5;
    public const float Decay = 0.8f;
    public const int Latest = 4;
    public const float ClickWeight = 0.5f;

    private readonly VectorMatrix _matrix;

    public FusionWorld(int items = 150, int seed = 1)
    {
        var random = new Random(seed);
        Items = items;
        ItemVectors = Numbers(items * Dimension);
        Factors = Numbers(items * FactorDimension);
        Centroids = Numbers(Clusters * FactorDimension);
        // The first rows are the popular ones, for all sources that know of it: real sources agree to some extent, too.
        Rates = [.. Enumerable.Range(0, items).Select(row => (float)(Math.Pow(1 - ((double)row / items), 8) * (0.2 + (0.3 * random.NextDouble()))))];
        Recent = [.. Rates.Select(rate => rate * (float)random.NextDouble())];
        Neighbours = Lists(items, items, 20);
        Rules = Lists(items, items, 5);
        Ratios = Lists(4, items, 30);
        Clicks = Lists(items, Clusters, 2, positive: true);
        ClickOffsets = [.. Numbers(Clusters).Select(number => number - 1f)];
        Popularity = new Popularity(Rates);
        Profiles = new ClusterProfiles(
            [.. Enumerable.Range(0, Clusters).Select(ProfileOf)],
            [new ContextTable("country", new Dictionary<string, float[]> { ["DE"] = Numbers(Clusters), ["FR"] = Numbers(Clusters) }.ToFrozenDictionary())]);
        Posterior = new ClusterPosterior(Profiles, Clicks, ClickOffsets, ClickWeight, contextWeight: 1.2f);
        _matrix = VectorMatrix.Create(ItemVectors, Dimension);
        Index = new ExactIndex(_matrix, Metric.InnerProduct);
        Users = Lists(60, items, 30, positive: true);

        ClusterProfile ProfileOf(int cluster)
        {
            int[] rows = [.. Enumerable.Range(0, 25).Select(i => (i * 5) + cluster)];
            float[] rates = [.. rows.Select(_ => (float)random.NextDouble()).OrderDescending()];
            return new ClusterProfile($"cluster {cluster}", 10 + cluster, Numbers(Dimension), rows.Select((row, i) => new ScoredRow(row, rates[i])).ToArray(), 0.3f + (0.1f * cluster));
        }

        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];

        WeightedLists Lists(int rows, int columns, int most, bool positive = false)
        {
            var offsets = new List<int> { 0 };
            var targets = new List<int>();
            var weights = new List<float>();
            for (int row = 0; row < rows; row++)
            {
                var chosen = new HashSet<int>();
                for (int wanted = random.Next(most + 1); chosen.Count < wanted;)
                {
                    int column = (int)(columns * Math.Pow(random.NextDouble(), 3));
                    if (!chosen.Add(column))
                        continue;
                    targets.Add(column);
                    weights.Add((float)(positive ? random.NextDouble() * 3 : (random.NextDouble() * 2) - 0.7));
                }

                offsets.Add(targets.Count);
            }

            return new WeightedLists([.. offsets], [.. targets], [.. weights], columns);
        }
    }

    public int Items { get; }

    public float[] ItemVectors { get; }

    public float[] Factors { get; }

    public float[] Centroids { get; }

    public float[] Rates { get; }

    public float[] Recent { get; }

    public WeightedLists Neighbours { get; }

    public WeightedLists Rules { get; }

    public WeightedLists Ratios { get; }

    /// <summary>What 60 users have.</summary>
    public WeightedLists Users { get; }

    public WeightedLists Clicks { get; }

    public float[] ClickOffsets { get; }

    public Popularity Popularity { get; }

    public ClusterProfiles Profiles { get; }

    public ClusterPosterior Posterior { get; }

    public ExactIndex Index { get; }

    public static FactorOptions FactorOptions { get; } = new(UnseenWeight: 0.1, Ridge: 2, RidgePerEvent: 0.25);

    public static UserNeighbourOptions UserOptions { get; } = new(Neighbours: 8, Decay: 0.9f, Latest: 12, RarityPower: 1.5f, LengthPower: 0.4f);

    /// <summary>Features of "country" and "device".</summary>
    public static FeatureSet Context(string? country, string? device = null)
    {
        var features = new Dictionary<string, FeatureValue>();
        if (country is not null)
            features["country"] = FeatureValue.Of(country);
        if (device is not null)
            features["device"] = FeatureValue.Of(device);
        return new FeatureSet(features);
    }

    public ScoreSource[] Sources() =>
    [
        new TowerSource("tower", TowerItems.Of(Index)),
        new TowerSource("tower_context", TowerItems.Of(Index), isOfContext: true),
        new NeighbourSource("ease", Neighbours, Decay, Latest),
        new NeighbourSource("rules", Rules, combination: NeighbourCombination.Largest),
        new FactorSource("ials", Factors, FactorDimension, FactorOptions, Posterior, Centroids),
        new ClusterSource("clusters", Posterior, Popularity, isStandardised: false),
        new ContextSource("context", [new ContextValues("country", ["DE", "FR"]), new ContextValues("device", ["phone", "desk"])], Ratios),
        new PopularitySource("popularity", Rates),
        new PopularitySource("recent", Recent, epsilon: 1e-3f),
        new UserNeighbourSource("users", Users, UserOptions),
    ];

    /// <summary>Other weights at each number of events; some sources count at some only.</summary>
    public static FusionWeights Weights(int sources = 10) => new(
    [
        new FusionWeightPoint(0, [.. Enumerable.Range(0, sources).Select(i => 0.3f + (0.1f * i))]),
        new FusionWeightPoint(1, [.. Enumerable.Range(0, sources).Select(i => i == 1 ? 0f : 1f - (0.1f * i))]),
        new FusionWeightPoint(10, [.. Enumerable.Range(0, sources).Select(i => i % 2 == 0 ? 0.7f : 0.2f)]),
        new FusionWeightPoint(30, [.. Enumerable.Range(0, sources).Select(i => i < 5 ? 0.9f - (0.1f * i) : 0f)]),
    ]);

    public float[] Vector(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Dimension).Select(_ => (float)((random.NextDouble() * 2) - 1))];
    }

    /// <summary>Distinct rows.</summary>
    public int[] History(int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Items).OrderBy(_ => random.Next()).Take(length)];
    }

    public void Dispose()
    {
        Index.Dispose();
        _matrix.Dispose();
    }
}
