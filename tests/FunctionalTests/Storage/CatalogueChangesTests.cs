using System.Collections.Concurrent;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Storage.Catalogue;
using Inference.Storage.Redis;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FunctionalTests.Storage;

/// <summary>Changed items in a real Redis: what several processes make of them.</summary>
public class CatalogueChangesTests
{
    [SkippableFact]
    public async Task Changes_OnARedisCluster_ReachTheOthersWhicheverNodeHasThem()
    {
        using RedisCluster cluster = await RedisCluster.StartAsync();
        string configuration = string.Join(',', cluster.Nodes.Select(node => node.Address));
        // "a:i" and so on lie on different nodes.
        await Task.WhenAll(((string[])["a", "b", "c", "d"]).Select(prefix => ShareAsync(configuration, prefix)));
    }

    /// <summary>Two that write the same items at once agree afterwards on who was last, and more items than one page of reading holds arrive whole.</summary>
    [SkippableFact]
    public async Task Changes_OfTheSameItemsAtOnce_EndTheSameEverywhere()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Store first = await Store.StartAsync(redis.Address), second = await Store.StartAsync(redis.Address);

        await Task.WhenAll(WriteAsync(first, "first"), WriteAsync(second, "second"));
        await RedisWorld.UntilAsync(() => Latest(first).SequenceEqual(Latest(second)));
        await using Store late = await Store.StartAsync(redis.Address);

        Assert.Equal(Latest(first), Latest(late));
        Assert.Equal(1300, late.Changes.Count);
        Assert.Equal(1300, late.Arrived.Count);

        static async Task WriteAsync(Store store, string by)
        {
            for (int call = 0; call < 40; call++)
                await store.KeepAsync([.. Enumerable.Range(0, 100).Select(i => new ItemChange($"i{((call * 37) + (i * 13)) % 1300}", 0, i % 7 == 0 ? null : Titled($"{by} {call} {i}")))]);
        }

        static List<(string, long, string?)> Latest(Store store) => [.. store.Changes.Latest().Select(change => (change.ItemId, change.Version, change.Content?.Title)).Order()];
    }

    private static async Task ShareAsync(string configuration, string prefix)
    {
        await using Store first = await Store.StartAsync(configuration, prefix), second = await Store.StartAsync(configuration, prefix);

        long version = await first.KeepAsync(new ItemChange("new", 0, Titled("one")), new ItemChange("old", 0, null));
        await RedisWorld.UntilAsync(() => second.Arrived.Count == 2);
        Assert.True(await second.KeepAsync(new ItemChange("new", 0, Titled("two"))) > version);
        await RedisWorld.UntilAsync(() => first.Arrived.ContainsKey("new"));
        await using Store late = await Store.StartAsync(configuration, prefix);

        Assert.Equal("two", first.Arrived["new"].Content!.Title);
        Assert.Null(second.Arrived["old"].Content);
        Assert.Equal([("new", "two"), ("old", null)], late.Changes.Latest().Select(change => (change.ItemId, change.Content?.Title)).Order());
    }

    private static ItemContent Titled(string title) => new(title, FeatureSet.None, FeatureSet.None);

    /// <summary>The changes as one process has them.</summary>
    private sealed class Store(RedisWorld world) : IAsyncDisposable
    {
        public RedisCatalogueChanges Changes { get; } = new(world.Connection, world.Metrics, TimeProvider.System, NullLogger<RedisCatalogueChanges>.Instance);

        /// <summary>What others changed, by item.</summary>
        public ConcurrentDictionary<string, ItemChange> Arrived { get; } = new();

        public static async Task<Store> StartAsync(string configuration, string prefix = "rs")
        {
            var store = new Store(await RedisWorld.ConnectedAsync(configuration, options =>
            {
                options.Prefix = prefix;
                options.CommandTimeout = TimeSpan.FromSeconds(5);
            }));
            await store.Changes.StartAsync(changes =>
            {
                foreach (ItemChange change in changes)
                    store.Arrived[change.ItemId] = change;
                return Task.CompletedTask;
            }).WaitAsync(TimeSpan.FromSeconds(20));
            return store;
        }

        public async Task<long> KeepAsync(params ItemChange[] changes) => await Changes.KeepAsync(changes, CancellationToken.None);

        public async ValueTask DisposeAsync()
        {
            await Changes.DisposeAsync();
            await world.DisposeAsync();
        }
    }
}
