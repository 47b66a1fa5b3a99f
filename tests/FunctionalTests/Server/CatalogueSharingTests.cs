using System.Diagnostics;
using FunctionalTests.Storage;
using Grpc.Core;
using Recsys.V1;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>Servers that share changed items through a real Redis.</summary>
public sealed class CatalogueSharingTests
{
    [SkippableFact]
    public async Task Changes_OnOneServer_AreServedByTheOtherAndByOneThatStartsLater()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica first = await Replica.StartAsync(redis), second = await Replica.StartAsync(redis);

        await first.Catalog.UpsertItemsAsync(new() { Items = { CatalogueBundle.New("new", "item-3", "Brand new"), CatalogueBundle.New("item-8", "item-4") } });
        await second.UntilAsync("new", isThere: true);
        await second.Catalog.DeleteItemsAsync(new() { ItemIds = { "item-0" } });
        await first.UntilAsync("item-0", isThere: false);
        await using Replica third = await Replica.StartAsync(redis);

        foreach (Replica replica in (Replica[])[first, second, third])
        {
            Assert.Equal(CatalogueBundle.New("new", "item-3", "Brand new"), (await replica.Catalog.GetItemAsync(new() { ItemId = "new" })).Item);
            Assert.Equal("new", (await replica.Server.Recommendations.SimilarItemsAsync(new() { ItemIds = { "item-3" }, Limit = 1 })).Items[0].ItemId);
            Assert.Equal("item-8", (await replica.Server.Recommendations.SimilarItemsAsync(new() { ItemIds = { "item-4" }, Limit = 1 })).Items[0].ItemId);
            Assert.Equal("item-1", (await replica.Server.Recommendations.RecommendAsync(new() { Limit = 1 })).Items[0].ItemId);
        }
    }

    [SkippableFact]
    public async Task Changes_WhileRedisIsAway_AreRefusedAndWhatItLostIsPutBack()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica first = await Replica.StartAsync(redis), second = await Replica.StartAsync(redis);
        await first.Catalog.UpsertItemsAsync(new() { Items = { CatalogueBundle.New("new", "item-3") } });
        await second.UntilAsync("new", isThere: true);

        redis.Kill();
        CallFailure failure = await RunningServer.FailAsync(first.Catalog.UpsertItemsAsync(new() { Items = { CatalogueBundle.New("lost", "item-3") } }));

        Assert.Equal((StatusCode.Unavailable, "STORE_UNAVAILABLE"), (failure.Code, failure.Reason));
        Assert.NotNull(failure.Retry);
        await RunningServer.FailAsync(first.Catalog.GetItemAsync(new() { ItemId = "lost" }));
        Assert.Equal("new", (await first.Catalog.GetItemAsync(new() { ItemId = "new" })).Item.ItemId);

        // Back, and empty.
        await redis.StartAgainAsync();
        await RedisWorld.UntilAsync(() => redis.Cli("HEXISTS", "rs:i", "new") == "1", seconds: 60);
        await using Replica third = await Replica.StartAsync(redis);
        Assert.Equal("new", (await third.Catalog.GetItemAsync(new() { ItemId = "new" })).Item.ItemId);
        await RedisWorld.UntilAsync(() => TryUpsert(second), seconds: 60);
        await first.UntilAsync("late", isThere: true);

        static bool TryUpsert(Replica replica)
        {
            try
            {
                // An attempt that was told that the store is away may have got there all the same; the next one then replaces the item.
                UpsertItemsResponse reply = replica.Catalog.UpsertItems(new() { Items = { CatalogueBundle.New("late", "item-3") } });
                return reply.Inserted + reply.Updated == 1;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
            {
                return false;
            }
        }
    }

    [SkippableFact]
    public async Task Changes_ThatWereMissed_AreTakenInWhenRedisReturns()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica first = await Replica.StartAsync(redis);
        await first.Catalog.UpsertItemsAsync(new() { Items = { CatalogueBundle.New("new", "item-3") } });
        string record = redis.Cli("HGET", "rs:i", "new");
        redis.Kill();
        // Starts without Redis, answers without the item, and catches up.
        await using Replica second = await Replica.StartAsync(redis);
        Assert.False(await second.HasAsync("new"));

        await redis.StartAgainAsync();
        await second.UntilAsync("new", isThere: true);
        Assert.Equal(record, redis.Cli("HGET", "rs:i", "new"));
    }

    [SkippableFact]
    public async Task Fields_ThatAreDamaged_ArePassedOverAndRepairedByWhoKnowsThem()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        string record;
        await using (Replica first = await Replica.StartAsync(redis))
        {
            await first.Catalog.UpsertItemsAsync(new() { Items = { CatalogueBundle.New("damaged", "item-3"), CatalogueBundle.New("whole", "item-4") } });
            record = redis.Cli("HGET", "rs:i", "whole");
            redis.Cli("HSET", "rs:i", "damaged", redis.Cli("HGET", "rs:i", "damaged").Replace("item-3", "item-9", StringComparison.Ordinal));
            redis.Cli("HSET", "rs:i", "garbage", "\u0001 what");

            await using Replica second = await Replica.StartAsync(redis);
            Assert.True(await second.HasAsync("whole"));
            Assert.False(await second.HasAsync("damaged"));
            Assert.False(await second.HasAsync("garbage"));
            string metrics = await second.Server.Http.GetStringAsync("/metrics");
            Assert.Matches("recsys_store_failures_total\\{[^}]*corrupt[^}]*\\} [1-9]", metrics);

            // Who knows the item puts it right when it reads everything again.
            redis.Cli("CLIENT", "KILL", "TYPE", "normal");
            redis.Cli("CLIENT", "KILL", "TYPE", "pubsub");
            await second.UntilAsync("damaged", isThere: true, seconds: 60);
        }

        Assert.Equal(record, redis.Cli("HGET", "rs:i", "whole"));
    }

    /// <summary>A server on a Redis.</summary>
    private sealed class Replica(RunningServer server) : IAsyncDisposable
    {
        public RunningServer Server => server;

        public CatalogService.CatalogServiceClient Catalog { get; } = new(server.Channel);

        public static async Task<Replica> StartAsync(RedisProcess redis) => new(await RunningServer.StartAsync(
            options =>
            {
                options.Redis.Configuration = redis.Address;
                options.Redis.CommandTimeout = TimeSpan.FromSeconds(5);
                options.Catalogue.ReplayBudget = redis.IsRunning ? TimeSpan.FromMinutes(1) : TimeSpan.FromMilliseconds(100);
            },
            CatalogueBundle.Of));

        public async Task<bool> HasAsync(string id)
        {
            try
            {
                await Catalog.GetItemAsync(new() { ItemId = id });
                return true;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
            {
                return false;
            }
        }

        public async Task UntilAsync(string id, bool isThere, int seconds = 20)
        {
            long start = Stopwatch.GetTimestamp();
            while (await HasAsync(id) != isThere)
                Assert.True(Stopwatch.GetElapsedTime(start).TotalSeconds < seconds, $"'{id}' is {(isThere ? "not there" : "still there")} after {seconds} s.");
        }

        public ValueTask DisposeAsync() => server.DisposeAsync();
    }
}
