using System.Collections.Frozen;
using System.Text.Json;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Bundles;
using Inference.Vectors;

namespace UnitTests.Towers;

/// <summary>A fused model over <see cref="SmallWorld"/> with every kind of source; everything follows from the seed.</summary>
internal sealed class SmallFusion : IDisposable
{
    public const int Clusters = 3;
    public const int FactorDimension = 5;

    private readonly VectorMatrix _matrix;
    private readonly ExactIndex _index;

    public SmallFusion(SmallWorld world, int seed = 1, bool withWeights = true, bool withNewItems = false)
    {
        var random = new Random(seed);
        int items = world.ItemCount;
        _matrix = VectorMatrix.Create(items, SmallWorld.Dimension, (row, vector) => world.ItemVector(row).CopyTo(vector));
        _index = new ExactIndex(_matrix, Metric.InnerProduct);
        Popularity = new Popularity([.. Enumerable.Range(0, items).Select(_ => (float)random.NextDouble() * 0.5f)]);
        ClusterProfile[] profiles =
        [
            .. Enumerable.Range(0, Clusters).Select(c => new ClusterProfile(
                $"cluster {c}", 20 + c, Numbers(SmallWorld.Dimension),
                Enumerable.Range(0, 8).Select(i => new ScoredRow(((c * 8) + i) % items, 0.9f - (0.1f * i))).ToArray(), 0.4f)),
        ];
        var lift = new Dictionary<string, float[]> { ["France"] = Numbers(Clusters), ["Spain"] = Numbers(Clusters) };
        Profiles = new ClusterProfiles(profiles, [new ContextTable("country", lift.ToFrozenDictionary())]);
        var posterior = new ClusterPosterior(Profiles, Lists(items, Clusters, 2), Numbers(Clusters), clickWeight: 0.6f, contextWeight: 1.1f, popularity: Popularity, skipWeight: 0.3f);
        ScoreSource[] sources =
        [
            new TowerSource("tower", TowerItems.Of(_index)),
            new TowerSource("tower_context", TowerItems.Of(_index), isOfContext: true),
            new NeighbourSource("ease", Lists(items, items, 12), decay: 0.9f, latest: 20),
            new NeighbourSource("rules", Lists(items, items, 3).RoundedToHalf(), combination: NeighbourCombination.Largest),
            new FactorSource("ials", Numbers(items * FactorDimension), FactorDimension, new FactorOptions(0.1, 1.5, 0.2), posterior, Numbers(Clusters * FactorDimension)),
            new ClusterSource("clusters", posterior, Popularity, isStandardised: false),
            new ContextSource("context", [new ContextValues("country", ["France", "Spain"]), new ContextValues("device", ["phone"])], Lists(3, items, 10)),
            new PopularitySource("popularity", [.. Enumerable.Range(0, items).Select(Popularity.RateOf)]),
            new PopularitySource("recent", [.. Enumerable.Range(0, items).Select(_ => (float)random.NextDouble())], epsilon: 1e-4f),
            new UserNeighbourSource("users", Lists(30, items, 15).RoundedToHalf(), new UserNeighbourOptions(7, 0.95f, 30, 0.5f, 0.7f)),
        ];
        var weights = new FusionWeights(
        [
            new FusionWeightPoint(0, [0.4f, 0.6f, 0.5f, 0.2f, 0.4f, 0.7f, 1f, 0.8f, 0.3f, 0f]),
            new FusionWeightPoint(3, [0.5f, 0.3f, 0.7f, 0.3f, 0.6f, 0.4f, 0.8f, 0.2f, 0.1f, 0.4f]),
            new FusionWeightPoint(30, [0.8f, 0f, 0.9f, 0.4f, 0.7f, 0.1f, 0.3f, 0f, 0.1f, 0.6f]),
        ]);
        var newItems = new NewItemWeights(items - (items / 4), 0.75f, [0.5f, 0f, 0.25f, 0f, 1f, 0f, 0f, 0f, 0f, 0f]);
        Model = new FusionModel(sources, withWeights ? weights : null, withNewItems ? newItems : null);

        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];

        WeightedLists Lists(int rows, int columns, int most)
        {
            var offsets = new List<int> { 0 };
            var targets = new List<int>();
            for (int row = 0; row < rows; row++)
            {
                targets.AddRange(Enumerable.Range(0, columns).OrderBy(_ => random.Next()).Take(random.Next(most + 1)));
                offsets.Add(targets.Count);
            }

            return new WeightedLists([.. offsets], [.. targets], Numbers(targets.Count), columns);
        }
    }

    public FusionModel Model { get; }

    public Popularity Popularity { get; }

    public ClusterProfiles Profiles { get; }

    /// <summary>The content of a bundle with this model.</summary>
    public BundleContent AddTo(BundleContent content) => content with
    {
        Fusion = Model,
        Popularity = Popularity,
        Profiles = Profiles,
        ModelCard = JsonDocument.Parse("""{ "ndcg@10": { "warm": 0.25 } }""").RootElement,
    };

    public void Dispose()
    {
        Model.Dispose();
        _index.Dispose();
        _matrix.Dispose();
    }
}
