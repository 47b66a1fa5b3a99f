using Inference.Recommendations;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using Xunit.Abstractions;

namespace UnitTests.Recommendations.Explanations;

/// <summary>Lists that are shown page by page while items come and go.</summary>
public sealed class PagedListTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Recommend_PageByPageWhileTheCatalogueChanges_ShowsWhatStaysOnce(bool isFused)
    {
        int seed = Environment.TickCount & 0xFFFF;
        output.WriteLine($"seed {seed}");
        for (int round = 0; round < 30; round++)
        {
            using var shop = new RandomShop(seed + round, isFused);
            RecommendQuery asked = shop.Question();
            var stayed = new HashSet<string>(shop.Ids);
            var there = new HashSet<string>(shop.Ids);
            var shown = new List<string>();
            RecommendReply? reply = null;
            int pages = 0;
            while (reply is null || reply.HasMore)
            {
                Assert.True(pages++ < 400, "It never ends.");
                reply = await shop.AskAsync(Turn(asked, shown, pages, shop.Random.Next(1, 30)));
                string where = $"seed {seed}, round {round}, page {pages}";
                Assert.True(reply.Items.All(item => there.Contains(item.ItemId)), $"{where}: what went");
                Assert.True(!reply.HasMore || reply.Items.Count > 0, $"{where}: nothing, and more");
                shown.AddRange(reply.Items.Select(item => item.ItemId));
                Assert.True(shown.Count == shown.Distinct().Count(), $"{where}: twice");
                for (int change = shop.Random.Next(4); change > 0; change--)
                {
                    (string id, bool isThere) = shop.Change();
                    stayed.Remove(id);
                    if (isThere)
                        there.Add(id);
                    else
                        there.Remove(id);
                }
            }

            // What may be shown and stayed all the time was shown.
            var seen = new HashSet<string>(asked.RecentItemIds);
            if (asked.UserId == "anna")
                seen.UnionWith(["i1", "i4"]);
            if (asked.UserId == "all")
                seen.UnionWith(Enumerable.Range(0, World.Items).Select(i => $"i{i}"));
            if (asked.IncludeSeen)
                seen.Clear();
            stayed.ExceptWith(seen);
            stayed.ExceptWith(asked.ExcludedItemIds);
            if (asked.AllowedItemIds.Count > 0)
                stayed.IntersectWith(asked.AllowedItemIds);
            Assert.True(stayed.IsSubsetOf(shown), $"seed {seed}, round {round}: {string.Join(", ", stayed.Except(shown))}");
        }
    }

    [Fact]
    public void Similar_PageByPage_GoesOnInTheOrderOfOneLongList()
    {
        using var shop = new RandomShop(4, isFused: false);
        var query = new SimilarItemsQuery { ItemIds = ["i3"], Limit = 60 };
        string[] whole = [.. shop.Similar(query).Items.Select(item => item.ItemId)];

        var shown = new List<string>();
        for (int page = 1; page <= 6; page++)
        {
            RecommendReply reply = shop.Similar(new SimilarItemsQuery { ItemIds = ["i3"], Limit = 10, Page = page == 1 ? null : new Page(page, "r", "shop/1", [.. shown]) });
            Assert.True(reply.HasMore);
            shown.AddRange(reply.Items.Select(item => item.ItemId));
        }

        Assert.Equal(whole, shown);
    }

    [Fact]
    public async Task Recommend_OfTheLastItems_SaysThatNothingIsLeft()
    {
        var world = new World();

        RecommendReply all = await Ask(world, new RecommendQuery { Limit = World.Items });
        RecommendReply most = await Ask(world, new RecommendQuery { Limit = World.Items - 1 });
        RecommendReply last = await Ask(world, new RecommendQuery { Limit = 5, Page = new Page(2, "r", "shop/1", [.. most.Items.Select(item => item.ItemId)]) });
        RecommendReply allowed = await Ask(world, new RecommendQuery { Limit = 2, AllowedItemIds = ["i1", "i2"] });
        RecommendReply nothing = await Ask(world, new RecommendQuery { Limit = 2, AllowedItemIds = ["i1"], Page = new Page(2, "r", "shop/1", ["i1"]) });

        Assert.False(all.HasMore);
        Assert.True(most.HasMore);
        Assert.Equal((1, false, 0), (last.Items.Count, last.HasMore, last.Degraded.Count)); // the end of a list is no fault
        Assert.False(allowed.HasMore);
        Assert.Equal((0, false), (nothing.Items.Count, nothing.HasMore));
    }

    [Fact]
    public async Task Recommend_WhenAnotherVersionAnswers_SaysSo()
    {
        var world = new World();

        RecommendReply same = await Ask(world, new RecommendQuery { Page = new Page(2, "r", "shop/1", ["i1"]) });
        RecommendReply other = await Ask(world, new RecommendQuery { Page = new Page(2, "r", "shop/0", ["i1"]) });

        Assert.Empty(same.Degraded);
        Assert.Equal((Components.PageToken, DegradationReason.Unavailable), (Assert.Single(other.Degraded).Component, other.Degraded[0].Reason));
        Assert.Equal(same.Items, other.Items);
    }

    [Fact]
    public async Task Recommend_OfLaterPages_DrawsByOtherNumbersWithTrueProbabilities()
    {
        // A pool of two that is drawn from evenly: both pages would go the same way if they drew the same numbers.
        var world = new World();
        int alike = 0, first = 0;
        const int requests = 400;
        var pipeline = new RecommendationPipeline(
            world.States, null, World.Keys, world.Options, new RecommendationMetrics(world.Meters), world.Time, NullLoggerFactory.Instance,
            new ExplorationOptions { Policy = ExplorationPolicy.EpsilonGreedy, Epsilon = 1, PoolSize = 2, Share = 0.5 });
        for (int request = 0; request < requests; request++)
        {
            var query = new RecommendQuery { Limit = 2, RequestId = $"r{request}" };
            RecommendReply one = await pipeline.RecommendAsync(world.Snapshot, query, CancellationToken.None);
            var next = new RecommendQuery { Limit = 2, RequestId = "another", Page = new Page(2, $"r{request}", "shop/1", ["i0", "i1", "i2"]) };
            RecommendReply two = await pipeline.RecommendAsync(world.Snapshot, next, CancellationToken.None);
            RecommendReply again = await pipeline.RecommendAsync(world.Snapshot, new RecommendQuery { Limit = 2, RequestId = "other", Page = next.Page }, CancellationToken.None);
            Assert.Equal(two.Items, again.Items); // whoever asks for a page again gets it again
            Assert.Equal((SlotType.Explore, 0.5), (two.Items[1].SlotType, two.Items[1].Propensity));
            bool isFirst = one.Items[1].ItemId == "i1", isFirstThen = two.Items[1].ItemId == "i4";
            alike += isFirst == isFirstThen ? 1 : 0;
            first += isFirstThen ? 1 : 0;
        }

        Assert.InRange(alike, 150, 250);
        Assert.InRange(first, 150, 250);
    }

    private static async Task<RecommendReply> Ask(World world, RecommendQuery query) => await world.Pipeline.RecommendAsync(world.Snapshot, query, CancellationToken.None);

    private static RecommendQuery Turn(RecommendQuery asked, List<string> shown, int page, int limit) => new()
    {
        UserId = asked.UserId, RecentItemIds = asked.RecentItemIds, Context = asked.Context, AllowedItemIds = asked.AllowedItemIds, ExcludedItemIds = asked.ExcludedItemIds, IncludeSeen = asked.IncludeSeen, Limit = limit,
        NewItemSlots = asked.NewItemSlots, Retrievers = asked.Retrievers, RequestId = asked.RequestId, Page = page == 1 ? null : new Page(page, asked.RequestId, "shop/1", [.. shown]),
    };
}
