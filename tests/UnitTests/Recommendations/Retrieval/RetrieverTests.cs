using System.Numerics.Tensors;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Retrieval;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;
using UnitTests.Recommendations.Fusion;
using Xunit;

namespace UnitTests.Recommendations.Retrieval;

/// <summary>Each retriever alone, through the pipeline, against what a naive reading of its formula gives.</summary>
public sealed class RetrieverTests
{
    private static readonly int[] History = [17, 3, 60, 41, 9, 77];

    public static TheoryData<string, bool> Names => new()
    {
        { "towers", true }, { "recent_items", true }, { "popularity", true }, { "trending", true }, { "cluster_profile", false },
        { "ease", true }, { "rules", true }, { "users", true }, { "ials", true }, { "clusters", true }, { "neighbours", true }, { "learned", true }, { "context", true },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Find_OfEachRetriever_IsWhatTheOracleRanks(string name, bool withModel)
    {
        var shop = new SurfaceShop(withModel);
        Trend(shop);
        float[] scores = Oracle(shop, name, out float above, near: 12 + RecentItemsRetriever.Items);
        int[] expected = [.. Enumerable.Range(0, shop.Shop.Items).Except(History).Where(row => scores[row] > above).OrderByDescending(row => scores[row]).ThenBy(row => row).Take(12)];

        RecommendReply reply = await shop.AskAsync(SurfaceShop.Query(SurfaceShop.Of(SurfaceFusion.ReciprocalRank, 12, name), History, limit: 12, explain: true));

        RecommendedItem[] found = [.. reply.Items.Where(item => item.SlotType != SlotType.Fallback)];
        Assert.Empty(reply.Degraded);
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < found.Length; i++)
        {
            // Scores that rounding tells apart may change places.
            ScorePart part = Assert.Single(found[i].Parts!);
            Assert.Equal(i + 1, part.Rank);
            Assert.Equal(scores[expected[i]], part.Score!.Value, 1e-3 * Math.Max(1, Math.Abs(scores[expected[i]])));
        }

        RetrieverReport report = Assert.Single(reply.Report!.Retrievers, report => report.Name == name);
        Assert.Equal((expected.Length, RetrieverOutcome.Ok), (report.Found, report.Outcome));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Find_WithListsOfTheRequest_FillsItsQuotaFromWhatMayBeShown(string name, bool withModel)
    {
        foreach (bool isWhole in (bool[])[true, false])
        {
            var shop = new SurfaceShop(withModel, isWhole);
            Trend(shop);
            Surface surface = SurfaceShop.Of(SurfaceFusion.ReciprocalRank, 8, name);
            RecommendReply all = await shop.AskAsync(SurfaceShop.Query(surface, History, limit: 8));
            int[] best = [.. all.Items.Where(item => item.SlotType != SlotType.Fallback).Select(SurfaceShop.RowOf)];

            // Without its best it finds the next ones, as many as there are.
            RecommendReply less = await shop.AskAsync(SurfaceShop.Query(surface, History, limit: 8, excluded: best));
            Assert.DoesNotContain(less.Items, item => best.Contains(SurfaceShop.RowOf(item)));

            int[] allowed = [.. Enumerable.Range(0, shop.Shop.Items).Where(row => row % 3 == 1)];
            RecommendReply some = await shop.AskAsync(SurfaceShop.Query(surface, History, limit: 8, allowed: allowed));
            Assert.All(some.Items, item => Assert.Contains(SurfaceShop.RowOf(item), allowed));
            if (isWhole)
            {
                float[] scores = Oracle(shop, name, out float above);
                int expected = Math.Min(8, allowed.Except(History).Count(row => scores[row] > above));
                Assert.Equal(expected, some.Items.Count(item => item.SlotType != SlotType.Fallback));
            }
        }
    }

    [Fact]
    public async Task Find_WithoutWhatItGoesBy_IsSilent()
    {
        var shop = new SurfaceShop();
        Surface surface = SurfaceShop.Of(SurfaceFusion.ZScore, 8, "recent_items", "trending", "ease");

        RecommendReply reply = await shop.AskAsync(SurfaceShop.Query(surface, [], limit: 5, explain: true));

        Assert.All(reply.Report!.Retrievers.Where(report => report.Name != "popularity"), report => Assert.Equal((0, RetrieverOutcome.Silent), (report.Found, report.Outcome)));
        Assert.Equal(Rung.Popularity, reply.ServedBy);
        Assert.Equal(5, reply.Items.Count);
        Assert.Empty(reply.Degraded);
    }

    [Fact]
    public async Task Find_OfTheSameItemTwice_CountsItWhereItIsLatest()
    {
        var shop = new SurfaceShop();
        Surface surface = SurfaceShop.Of(SurfaceFusion.ReciprocalRank, 8, "recent_items");
        RecommendReply once = await shop.AskAsync(SurfaceShop.Query(surface, [3, 17], limit: 8));
        RecommendReply twice = await shop.AskAsync(SurfaceShop.Query(surface, [17, 3, 17], limit: 8));
        Assert.Equal(once.Items.Select(item => item.ItemId), twice.Items.Select(item => item.ItemId));
    }

    private static void Trend(SurfaceShop shop) => shop.Snapshot.Trends = new Trends([.. Enumerable.Range(20, 40).Select(row => new ScoredRow(row, 1 + (row * 37 % 50)))], shop.Snapshot.Popularity);

    /// <param name="near">How many of the nearest of each item of the history are candidates.</param>
    private static float[] Oracle(SurfaceShop shop, string name, out float above, int near = int.MaxValue)
    {
        FusionWorld world = shop.Shop;
        var scores = new float[world.Items];
        above = float.NegativeInfinity;
        switch (name)
        {
            case "towers":
                float[] mean = new float[FusionWorld.Dimension];
                foreach (int row in History)
                    TensorPrimitives.Add(mean, Vector(world, row), mean);
                TensorPrimitives.Divide(mean, History.Length, mean);
                for (int row = 0; row < scores.Length; row++)
                    scores[row] = TensorPrimitives.Dot<float>(mean, Vector(world, row));
                break;
            case "recent_items":
                float factor = 1;
                var candidates = new HashSet<int>();
                foreach (int item in History.Reverse().Take(RecentItemsRetriever.Items))
                {
                    candidates.UnionWith(Enumerable.Range(0, scores.Length).Except(History).OrderByDescending(row => TensorPrimitives.Dot<float>(Vector(world, item), Vector(world, row))).Take(near));
                    float norm = TensorPrimitives.Norm<float>(Vector(world, item));
                    for (int row = 0; row < scores.Length; row++)
                        scores[row] += factor * Math.Max(0, TensorPrimitives.Dot<float>(Vector(world, item), Vector(world, row)) / norm);
                    factor *= RecentItemsRetriever.Decay;
                }

                for (int row = 0; row < scores.Length; row++)
                    scores[row] = candidates.Contains(row) ? scores[row] : -1;
                above = -1;
                break;
            case "popularity":
                for (int row = 0; row < scores.Length; row++)
                    scores[row] = MathF.Log(world.Rates[row] + 1e-6f);
                above = MathF.Log(1e-6f);
                break;
            case "trending":
                for (int row = 0; row < scores.Length; row++)
                    scores[row] = shop.Snapshot.Trends.ScoreOf(row, shop.Snapshot.Popularity);
                above = 0;
                break;
            case "cluster_profile":
                float[] weights = new float[FusionWorld.Clusters];
                world.Profiles.Weigh(FusionWorld.Context("DE"), weights);
                for (int row = 0; row < scores.Length; row++)
                {
                    for (int c = 0; c < weights.Length; c++)
                    {
                        float listed = world.Profiles[c].Top.ToArray().Where(item => item.Row == row).Select(item => item.Rate).DefaultIfEmpty(world.Profiles[c].RestScale * world.Rates[row]).First();
                        scores[row] += weights[c] < 1e-3f ? 0 : weights[c] * listed;
                    }
                }

                break;
            default:
                OfModel(shop, name, scores, ref above);
                break;
        }

        return scores;
    }

    private static void OfModel(SurfaceShop shop, string name, float[] scores, ref float above)
    {
        FusedScorer scorer = shop.Snapshot.Fusion!;
        FusionModel model = scorer.Model;
        float[] embedding = new float[FusionWorld.Dimension], context = new float[FusionWorld.Dimension];
        shop.Tower.EncodeAsync(new UserTowerInput[] { new(FusionWorld.Context("DE"), History) }, embedding, default, default).AsTask().GetAwaiter().GetResult();
        shop.Tower.EncodeAsync(new UserTowerInput[] { new(FusionWorld.Context("DE"), default) }, context, default, default).AsTask().GetAwaiter().GetResult();
        var input = new FusionInput { Features = FusionWorld.Context("DE"), History = History, Embedding = embedding, ContextEmbedding = context };
        if (Enumerable.Range(0, model.Sources.Count).FirstOrDefault(i => model.Sources[i].Name == name, -1) is >= 0 and int number)
        {
            FusionScratch scratch = scorer.Rent();
            scratch.Begin(History, model.RowCount, default);
            scratch.Size(model.RowCount, isWhole: true);
            Assert.True(model.Sources[number].Score(input, scratch, new RowsToScore(model.RowCount), scores));
            above = model.Sources[number].IsSparse ? 0 : float.NegativeInfinity;
            return;
        }

        Retrievers kinds = name == "learned" ? Retrievers.All : Sources.Parse(name);
        FusionScratch run = scorer.Rent();
        scorer.Run(input with { Without = Retrievers.All & ~kinds }, run, isWhole: true, default, 0, default);
        run.Fused.CopyTo(scores);
        if (name == "neighbours")
        {
            float nothing = 0;
            for (int i = 0; i < model.Sources.Count; i++)
                nothing -= run.Outcomes[i] == SourceOutcome.Scored ? run.Factors[i] * run.Means[i] : 0;
            above = nothing + (1e-5f * MathF.Max(MathF.Abs(nothing), 1e-3f));
        }
    }

    private static ReadOnlySpan<float> Vector(FusionWorld world, int row) => world.ItemVectors.AsSpan(row * FusionWorld.Dimension, FusionWorld.Dimension);
}
