using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Towers;
using Inference.Towers.Bundles;
using Microsoft.Extensions.Logging.Abstractions;
using Recsys.V1;
using UnitTests.Towers;
using Xunit;
using FeatureValue = Inference.Recommendations.Features.FeatureValue;

namespace FunctionalTests.Server;

/// <summary>What a fused bundle answers over gRPC is what the scorer of training says of the same user.</summary>
public sealed class FusedServingTests : IDisposable
{
    private readonly SmallWorld _world = new(items: 200, seed: 5);
    private readonly SmallFusion _fusion;

    public FusedServingTests() => _fusion = new SmallFusion(_world);

    public void Dispose() => _fusion.Dispose();

    [Fact]
    public async Task Recommend_WithAnyNumberOfEvents_GivesTheTopTenOfTheOfflineScorer()
    {
        BundleContent content = _fusion.AddTo(_world.Content());
        using OpenedTowers towers = OpenedTowers.Open(content, new TowerOptions(), NullLogger.Instance);
        var offline = new FusedScorer(_fusion.Model);
        await using RunningServer server = await RunningServer.StartAsync(change: _ => content);
        var random = new Random(3);
        foreach (int events in (int[])[0, 1, 3, 10, 60])
        {
            for (int user = 0; user < 5; user++)
            {
                string country = user % 2 == 0 ? "France" : "Spain";
                int[] history = [.. Enumerable.Range(0, _world.ItemCount).OrderBy(_ => random.Next()).Take(events)];
                var scores = new float[_world.ItemCount];
                await offline.ScoreAsync(
                    towers.User, SmallWorld.Dimension, new FeatureSet(SmallWorld.Features(("country", FeatureValue.Of(country)))), history, scores, default);
                int[] expected = [.. Enumerable.Range(0, scores.Length).Except(history).OrderByDescending(row => scores[row]).ThenBy(row => row).Take(10)];

                var request = new RecommendRequest { Limit = 10, Context = { ["country"] = new() { StringValue = country } } };
                request.RecentItemIds.Add(history.Select(SmallWorld.IdOf));
                RecommendResponse reply = await server.Recommendations.RecommendAsync(request);

                Assert.Equal(expected.Select(SmallWorld.IdOf), reply.Items.Select(item => item.ItemId));
                Assert.Equal(expected.Select(row => scores[row]), reply.Items.Select(item => item.Score));
                Assert.Empty(reply.Degraded);
                if (events > 0)
                    Assert.Equal(Rung.Session, reply.ServedBy);
            }
        }
    }

    [Fact]
    public async Task Recommend_ForAKnownUser_NamesSourcesAndParts()
    {
        await using RunningServer server = await RunningServer.StartAsync(change: _ => _fusion.AddTo(_world.Content()));

        RecommendResponse first = await server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann", Options = new() { Explain = true } });
        RecommendResponse again = await server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann" });
        RecommendResponse some = await server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann", Options = new() { Retrievers = { "neighbours", "factors" } } });

        Assert.Equal(Rung.UserTower, first.ServedBy);
        Assert.Equal(Rung.CachedEmbedding, again.ServedBy);
        Assert.True(first.Items.Select(item => item.Source).Distinct().Count() > 1, string.Join(", ", first.Items.Select(item => item.Source)));
        Assert.All(first.Items, item => Assert.Equal(item.Score, item.Parts.Sum(part => part.Contribution), 1e-5 * Math.Max(1, Math.Abs(item.Score))));
        Assert.All(again.Items, item => Assert.Empty(item.Parts));
        Assert.Null(again.Report);
        Assert.Equal(first.Items.Select(item => item.ItemId), again.Items.Select(item => item.ItemId));
        Assert.All(some.Items, item => Assert.True(item.Source is "neighbours" or "factors" or "popularity", item.Source));
        ListVersionsResponse versions = await new ModelService.ModelServiceClient(server.Channel).ListVersionsAsync(new ListVersionsRequest());
        ModelVersion version = Assert.Single(versions.Versions);
        Assert.Contains("ndcg@10", version.ModelCard, StringComparison.Ordinal);
        Assert.Equal(_fusion.Model.Sources.Select(source => source.Name), version.FusionSources);
    }
}
