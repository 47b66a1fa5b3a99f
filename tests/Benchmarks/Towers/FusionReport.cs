using System.Collections.Frozen;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Inference.Recommendations;
using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Storage;
using Inference.Storage.Users;
using Inference.Vectors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Benchmarks.Towers;

/// <summary>`fusion`: what a request costs with and without a fused model of ten sources, in process, with a tower that answers at once: users with twenty events, the latest fifty of which count.</summary>
internal static class FusionReport
{
    private const int Dimension = 64;
    private const int Clusters = 32;
    private const int Events = 20;
    private const int Users = 64;

    public static async Task<int> RunAsync()
    {
        Console.WriteLine($"{RuntimeInformation.FrameworkDescription}; {Machine.Processor()}; ten sources, {Events} events");
        Console.WriteLine("| items | sources alone, µs | request with fusion, µs | request without, µs |");
        Console.WriteLine("|---:|---:|---:|---:|");
        foreach (int items in (int[])[3_400, 20_000, 50_000])
        {
            var world = new FusionBench(items);
            double alone = Median(() => world.Score()), ladder = await MedianAsync(() => world.AskAsync(fused: false)), fused = await MedianAsync(() => world.AskAsync(fused: true));
            Console.WriteLine(FormattableString.Invariant($"| {items:N0} | {alone:N0} | {fused:N0} | {ladder:N0} |"));
        }

        return 0;
    }

    private static double Median(Action call) => MedianAsync(() =>
    {
        call();
        return default;
    }).GetAwaiter().GetResult();

    private static async Task<double> MedianAsync(Func<ValueTask> call)
    {
        for (int i = 0; i < 300; i++)
            await call();
        double[] times = new double[1_000];
        for (int i = 0; i < times.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await call();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        Array.Sort(times);
        return times[times.Length / 2];
    }

    private sealed class FusionBench
    {
        private readonly Random _random = new(1);
        private readonly Snapshot _with;
        private readonly Snapshot _without;
        private readonly RecommendationPipeline _pipeline;
        private readonly RecommendQuery[] _queries;
        private readonly int[][] _histories;
        private readonly float[] _embedding;
        private readonly float[] _scores;
        private readonly FeatureSet _features;
        private int _next;

        public FusionBench(int items)
        {
            _embedding = Numbers(Dimension);
            _scores = new float[items];
            VectorMatrix matrix = VectorMatrix.Create(Numbers(items * Dimension), Dimension);
            var popularity = new Popularity([.. Enumerable.Range(0, items).Select(row => 0.5f / (1 + row))]);
            ClusterProfile[] profiles =
                [.. Enumerable.Range(0, Clusters).Select(c => new ClusterProfile("c", 100, Numbers(Dimension), Enumerable.Range(0, 500).Select(i => new ScoredRow((i * 5) + c, 0.5f - (0.001f * i))).ToArray(), 0.4f))];
            var lift = new Dictionary<string, float[]> { ["DE"] = Numbers(Clusters) };
            var clusters = new ClusterProfiles(profiles, [new ContextTable("country", lift.ToFrozenDictionary())]);
            var posterior = new ClusterPosterior(clusters, Lists(items, Clusters, 8), Numbers(Clusters));
            var index = new ExactIndex(matrix, Metric.InnerProduct);
            float[] rates = [.. Enumerable.Range(0, items).Select(popularity.RateOf)];
            var model = new FusionModel(
            [
                new TowerSource("tower", TowerItems.Of(index)),
                new TowerSource("tower_context", TowerItems.Of(index), isOfContext: true),
                new NeighbourSource("ease", Lists(items, items, 200), latest: 50),
                new NeighbourSource("knn", Lists(items, items, 200), 0.95f, 50),
                new NeighbourSource("rules", Lists(items, items, 50), combination: NeighbourCombination.Largest),
                new FactorSource("ials", Numbers(items * Dimension), Dimension, new FactorOptions(0.1, 10), posterior, Numbers(Clusters * Dimension)),
                new ClusterSource("clusters", posterior, popularity, isStandardised: false),
                new ContextSource("context", [new ContextValues("country", ["DE"])], Lists(1, items, 500)),
                new PopularitySource("popularity", rates),
                new PopularitySource("recent", rates, 1e-3f),
            ],
            new FusionWeights([new FusionWeightPoint(0, [.. Enumerable.Repeat(1f, 10)])]));
            var catalogue = new ItemCatalogue([.. Enumerable.Range(0, items).Select(row => $"i{row}")], new string?[items]);
            var identity = new ModelIdentity("bench", "1", "space", Dimension, Metric.InnerProduct);
            var tower = new AtOnce(_embedding);
            var live = new LiveIndex(IndexBuilder.Build(matrix, Metric.InnerProduct, new IndexOptions { Kind = IndexKind.Exact }));
            _with = new Snapshot(identity, catalogue, live, tower, null, popularity, clusters) { Fusion = new FusedScorer(model) };
            _without = new Snapshot(identity, catalogue, live, tower, null, popularity, clusters);
            var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
            var meters = services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>();
            var states = new UserStates(new StateOptions(), TimeProvider.System, new StorageMetrics(meters));
            _pipeline = new RecommendationPipeline(
                states, null, new UserKeyRing("a secret of the bench"u8), new PipelineOptions(), new RecommendationMetrics(meters), TimeProvider.System, NullLoggerFactory.Instance);
            _histories = [.. Enumerable.Range(0, Users).Select(_ => Enumerable.Range(0, Events).Select(_ => _random.Next(items)).ToArray())];
            var context = new Dictionary<string, FeatureValue> { ["country"] = FeatureValue.Of("DE") };
            _features = new FeatureSet(context);
            _queries = [.. _histories.Select(history => new RecommendQuery { Context = context, RecentItemIds = [.. history.Select(row => $"i{row}")] })];
        }

        public void Score()
        {
            int user = _next++ % Users;
            _with.Fusion!.Score(new FusionInput { Features = _features, History = _histories[user], Embedding = _embedding, ContextEmbedding = _embedding }, _scores);
        }

        public async ValueTask AskAsync(bool fused) => await _pipeline.RecommendAsync(fused ? _with : _without, _queries[_next++ % Users], CancellationToken.None);

        private float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((_random.NextDouble() * 2) - 1))];

        private WeightedLists Lists(int rows, int columns, int length)
        {
            int each = Math.Min(length, columns / 2);
            var chosen = new HashSet<int>();
            int[] targets = new int[rows * each];
            for (int row = 0; row < rows; row++)
            {
                chosen.Clear();
                while (chosen.Count < each)
                    chosen.Add(_random.Next(columns));
                chosen.CopyTo(targets, row * each);
            }

            return new WeightedLists([.. Enumerable.Range(0, rows + 1).Select(row => row * each)], targets, Numbers(targets.Length), columns);
        }
    }

    /// <summary>A tower that costs nothing, so that what is left is the rest.</summary>
    private sealed class AtOnce(float[] embedding) : IUserTower
    {
        public FeatureSchema Features { get; } = new([new("country", [FeatureKind.Text])]);

        public ValueTask<EncodeOutcome> EncodeAsync(ReadOnlyMemory<UserTowerInput> users, Memory<float> embeddings, Urgency urgency, CancellationToken cancellationToken)
        {
            embedding.CopyTo(embeddings.Span);
            return new ValueTask<EncodeOutcome>(EncodeOutcome.Encoded);
        }
    }
}
