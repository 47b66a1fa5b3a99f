using System.Collections.Concurrent;
using Inference.Recommendations.Catalogue;
using Inference.Recommendations.Features;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Storage.Catalogue;
using Xunit;

namespace UnitTests.Recommendations;

/// <summary>Answers while the catalogue changes under them: none shows an item that was deleted before it was asked for, and none misses one that was there all the time.</summary>
public sealed class CatalogueStressTests
{
    private const int Writers = 3, ItemsOfWriter = 40, Rounds = 250;

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public async Task Recommend_WhileItemsComeAndGo_ShowsNoneThatIsGone(int seed)
    {
        var world = new World(itemTower: new AxisItemTower());
        using CatalogueUpdates updates = await CatalogueUpdatesTests.AttachedAsync(new InMemoryCatalogueChanges(TimeProvider.System), world.Snapshot, TimeProvider.System);
        // How often an item was changed, twice for each change: even while it stands, odd while it is being changed. And whether it is there.
        var states = new ConcurrentDictionary<string, (int Stamp, bool IsThere)>();
        using var done = new CancellationTokenSource();
        Task[] readers = [.. Enumerable.Range(0, 3).Select(reader => Task.Run(() => ReadAsync(world, states, reader, done.Token)))];

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(updates, world.Snapshot, states, writer, seed))));
        await done.CancelAsync();
        await Task.WhenAll(readers);

        Assert.Equal(World.Items + states.Values.Count(state => state.IsThere), world.Snapshot.Items.Count);
        Assert.Equal(world.Snapshot.Items.Count, world.Snapshot.Index.Count);
        Assert.True(world.Snapshot.Items.Rows.RowCount <= World.Items + (Writers * ItemsOfWriter));
    }

    private static async Task WriteAsync(CatalogueUpdates updates, Snapshot snapshot, ConcurrentDictionary<string, (int Stamp, bool IsThere)> states, int writer, int seed)
    {
        var random = new Random(seed * 100 + writer);
        for (int round = 0; round < Rounds; round++)
        {
            string[] ids = [.. Enumerable.Range(0, ItemsOfWriter).OrderBy(_ => random.Next()).Take(random.Next(1, 8)).Select(i => $"w{writer}-{i}")];
            bool upsert = random.Next(3) > 0;
            int there = ids.Count(id => states.GetValueOrDefault(id).IsThere);
            foreach (string id in ids)
                states[id] = (states.GetValueOrDefault(id).Stamp + 1, states.GetValueOrDefault(id).IsThere);
            CatalogueEdit edit = upsert
                ? await updates.UpsertAsync(snapshot, [.. ids.Select(id => CatalogueUpdatesTests.New(id, random.Next(3), random.Next(1, 4)))], CancellationToken.None)
                : await updates.DeleteAsync(snapshot, ids, CancellationToken.None);
            Assert.Equal(upsert ? (ids.Length - there, there, 0) : (0, 0, there), (edit.Inserted, edit.Updated, edit.Deleted));
            foreach (string id in ids)
                states[id] = (states[id].Stamp + 1, upsert);
        }
    }

    private static async Task ReadAsync(World world, ConcurrentDictionary<string, (int Stamp, bool IsThere)> states, int reader, CancellationToken done)
    {
        var german = new Dictionary<string, FeatureValue> { ["country"] = FeatureValue.Of("DE") };
        for (int turn = reader; !done.IsCancellationRequested; turn++)
        {
            Dictionary<string, (int Stamp, bool IsThere)> before = states.ToDictionary();
            RecommendReply reply = (turn % 4) switch
            {
                0 => await world.Pipeline.RecommendAsync(world.Snapshot, new RecommendQuery { UserId = "anna", Limit = 1000, IncludeSeen = true, Explain = turn % 3 == 0 }, CancellationToken.None),
                1 => await world.Pipeline.RecommendAsync(world.Snapshot, new RecommendQuery { UserId = "nobody", Limit = 1000 }, CancellationToken.None),
                2 => await world.Pipeline.RecommendAsync(world.Snapshot, new RecommendQuery { Context = german, Limit = 1000, Explain = true }, CancellationToken.None),
                _ => world.Pipeline.Similar(world.Snapshot, new SimilarItemsQuery { ItemIds = ["i1", "w0-1", "w1-2"], Limit = 1000, Explain = true }),
            };
            HashSet<string> shown = [.. reply.Items.Select(item => item.ItemId)];
            Assert.Equal(reply.Items.Count, shown.Count);
            foreach ((string id, (int stamp, bool isThere)) in before)
            {
                // Only what nobody touched from before the question until after the answer can be told.
                if (stamp % 2 != 0 || states[id].Stamp != stamp || (turn % 4 == 3 && id is "w0-1" or "w1-2"))
                    continue;
                Assert.True(shown.Contains(id) == isThere, $"'{id}' {(isThere ? "is there and not shown" : "is gone and shown")} (turn {turn % 4}).");
            }
        }
    }
}
