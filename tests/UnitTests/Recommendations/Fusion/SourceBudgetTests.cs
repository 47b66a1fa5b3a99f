using Inference.Recommendations;
using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;
using Microsoft.Extensions.Logging.Abstractions;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Recommendations.Fusion;

/// <summary>Sources that fail or are slow, one after the other.</summary>
public sealed class SourceBudgetTests
{
    private static readonly Dictionary<string, FeatureValue> Germany = new() { ["country"] = FeatureValue.Of("DE") };

    [Theory]
    [InlineData("clusters", true)]
    [InlineData("clusters", false)]
    [InlineData("popularity", true)]
    [InlineData("popularity", false)]
    [InlineData("ease", true)]
    [InlineData("ease", false)]
    [InlineData("ials", true)]
    [InlineData("ials", false)]
    [InlineData("context", true)]
    [InlineData("context", false)]
    [InlineData("users", true)]
    [InlineData("users", false)]
    [InlineData("tower", true)]
    public async Task Recommend_WithASourceThatFailsOrIsSlow_IsAnsweredByTheOthersAndSaysSo(string name, bool fails)
    {
        var time = new ManualTime();
        var world = new World();
        (Snapshot snapshot, IDisposable index) = Troubled(world, name, fails ? static () => throw new InvalidOperationException("broken") : () => time.Advance(TimeSpan.FromMilliseconds(15)));
        if (name == "tower")
            index.Dispose();
        var pipeline = new RecommendationPipeline(world.States, null, World.Keys, world.Options, new RecommendationMetrics(world.Meters), time, NullLoggerFactory.Instance);
        var query = new RecommendQuery { UserId = "anna", Context = Germany, Limit = 5 };

        // Slow ones are found out within some replies, none of which is empty.
        int labelled = 0;
        for (int i = 0; i < 60; i++)
        {
            RecommendReply reply = await pipeline.RecommendAsync(snapshot, query, CancellationToken.None);
            Assert.Equal(5, reply.Items.Count);
            labelled += reply.Degraded.Count > 0 ? 1 : 0;
            Assert.All(reply.Degraded, label => Assert.Equal(fails ? DegradationReason.Failed : DegradationReason.Timeout, label.Reason));
        }

        // What popularity takes has no bound of its own: it is what is there when all else fails.
        Assert.InRange(labelled, fails ? 60 : name == "popularity" ? 0 : 20, 60);
    }

    [Fact]
    public void Run_WithASourceLeftOut_SharesItsWeightAmongTheOthers()
    {
        var world = new World();
        var time = new ManualTime();
        (Snapshot snapshot, IDisposable index) = Troubled(world, "clusters", static () => throw new InvalidOperationException("broken"));
        using (index)
        {
            FusedScorer scorer = snapshot.Fusion!;
            var input = new FusionInput { History = [1, 4], Embedding = [0f, 1f, 0f], ContextEmbedding = [0.1f, 0.1f, 0.1f], Features = new FeatureSet(Germany) };
            FusionScratch scratch = scorer.Rent();

            scorer.Run(input, scratch, isWhole: true, default, wanted: 5, new FusionClock(time, long.MaxValue));

            float all = 0, answered = 0;
            for (int i = 0; i < scratch.Outcomes.Length; i++)
            {
                all += scratch.Outcomes[i] is SourceOutcome.Scored or SourceOutcome.Failed ? scratch.Weights[i] : 0f;
                answered += scratch.Outcomes[i] == SourceOutcome.Scored ? scratch.Weights[i] : 0f;
            }

            Assert.True(all > answered);
            float sum = 0;
            for (int i = 0; i < scratch.Outcomes.Length; i++)
                sum += scratch.PartOf(i, 7);
            Assert.Equal(sum, scratch.Fused[7], 1e-4f); // the parts are scaled as the sum is
            float before = scratch.Fused[7] * answered / all;
            scorer.Run(input with { Without = Retrievers.ClusterProfile }, scratch, isWhole: true, default, wanted: 5, new FusionClock(time, long.MaxValue));
            Assert.Equal(scratch.Fused[7], before, 1e-4f); // a request that wants it so gets what is left as it is
        }
    }

    [Fact]
    public void Fits_WithASlowSource_RefusesItAndTriesItAgain()
    {
        var times = new SourceTimes(1);
        times.Ran(0, 10); // once is chance
        Assert.True(times.Fits(0, left: 1, own: 0.001));
        for (int i = 0; i < 60; i++)
            times.Ran(0, 0.05);
        Assert.Equal(0.05, times.Of(0).TotalSeconds, 0.002);

        int refused = 0;
        while (!times.Fits(0, left: 1, own: 0.03) && refused < 1_000)
            refused++;
        Assert.InRange(refused, 5, 100);
        Assert.False(times.Fits(0, left: 0.001, own: 1));
    }

    /// <summary>A fused model of every kind of source, one of which has trouble.</summary>
    private static (Snapshot Snapshot, IDisposable Index) Troubled(World world, string name, Action trouble)
    {
        var vectors = new float[World.Items * 3];
        for (int row = 0; row < World.Items; row++)
            Assert.True(world.Snapshot.Index.TryCopyVector(row, vectors.AsSpan(row * 3, 3)));
        var index = new ExactIndex(VectorMatrix.Create(vectors, 3), Metric.InnerProduct);
        TowerItems items = TowerItems.Of(index);
        Popularity popularity = world.Snapshot.BundlePopularity;
        ClusterPosterior posterior = ClusterPosterior.OfRates(world.Snapshot.Profiles!, popularity);
        int[] every = [.. Enumerable.Range(0, World.Items + 1)];
        var pairs = new WeightedLists(every, [.. Enumerable.Range(0, World.Items).Select(row => (row + 1) % World.Items)], [.. Enumerable.Range(0, World.Items).Select(row => 1f + row)], World.Items);
        ScoreSource[] sources =
        [
            new PopularitySource("popularity", [.. Enumerable.Range(0, World.Items).Select(popularity.RateOf)]),
            new ClusterSource("clusters", posterior, popularity),
            new NeighbourSource("ease", pairs),
            new FactorSource("ials", vectors, 3, new FactorOptions(0.1, 1)),
            new ContextSource("context", [new ContextValues("country", ["DE", "FR"])], new WeightedLists([0, 2, 3], [10, 7, 11], [1f, 0.5f, 1f], World.Items)),
            new UserNeighbourSource("users", new WeightedLists([0, 3], [1, 4, 7], [1f, 1f, 1f], World.Items)),
            new TowerSource("tower", items),
        ];
        sources = [.. sources.Select(source => source.Name == name && name != "tower" ? new TroubledSource(source, trouble) : source)];
        Snapshot parts = world.Snapshot;
        var scorer = new FusedScorer(new FusionModel(sources, new FusionWeights([new FusionWeightPoint(0, [.. sources.Select((_, i) => 1f + (0.1f * i))])])));
        return (new Snapshot(parts.Model, parts.Items, parts.Index, parts.UserTower, null, parts.BundlePopularity, parts.Profiles) { Fusion = scorer }, index);
    }

    private sealed class TroubledSource(ScoreSource inner, Action trouble) : ScoreSource(inner.Name, inner.Kind, inner.RowCount, inner.IsStandardised)
    {
        internal override bool IsSparse => inner.IsSparse;

        internal override bool ReadsHistory => inner.ReadsHistory;

        internal override bool Score(in FusionInput input, FusionScratch scratch, RowsToScore rows, Span<float> scores)
        {
            trouble();
            return inner.Score(input, scratch, rows, scores);
        }

        internal override void Propose(in FusionInput input, FusionScratch scratch, int most) => inner.Propose(input, scratch, most);
    }
}
