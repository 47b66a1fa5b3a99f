using ChaosTests.Server;
using Recsys.V1;
using RedisRig;

namespace ChaosTests.Scenarios;

/// <summary>Whether a server uses Redis: it answers by what another one has just put there.</summary>
internal sealed class UseAudit(ChaosRig rig, ChaosServer witness, TimeSpan patience)
{
    /// <summary>So many users that every master of a cluster has some of them.</summary>
    private const int Spread = 12;

    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(1);

    private int _users;

    /// <returns>What it does not use.</returns>
    public async Task<IReadOnlyList<string>> RunAsync()
    {
        var unused = new List<string>();
        await ExpectAsync(unused, "states of users: a user of whom only the other replica has heard is answered as a stranger", async () =>
        {
            string user = await ClickAsync();
            RecommendResponse response = await rig.Server.RecommendAsync(user);
            return response.ServedBy is Rung.UserTower or Rung.CachedEmbedding;
        });
        await ExpectAsync(unused, "embeddings: what the other replica has cached is computed again", async () =>
        {
            string user = await ClickAsync();
            RecommendResponse response = await witness.RecommendAsync(user);
            if (response.ServedBy != Rung.UserTower)
                return false;
            string key = $"rs:e:{response.EmbeddingSpaceId}:{{{witness.IdentityOf(user).Key}}}";
            await ExistsAsync(key);
            return (await rig.Server.RecommendAsync(user)).ServedBy == Rung.CachedEmbedding;
        });
        await ExpectAsync(unused, "embeddings: what it computes does not reach Redis", async () =>
        {
            string[] keys = await Task.WhenAll(Enumerable.Range(0, Spread).Select(_ => EmbedAsync()));
            return await AllExistAsync(keys);
        });
        return unused;
    }

    /// <summary>Lets the server under test compute the embedding of a new user.</summary>
    /// <returns>The key that it should be kept under.</returns>
    private async Task<string> EmbedAsync()
    {
        string user = $"embedded-{Interlocked.Increment(ref _users)}";
        await rig.Server.Events.RecordEventsAsync(new RecordEventsRequest { Events = { Clicks.On(user, user, ChaosWorld.ItemId(7)) } });
        RecommendResponse response = await rig.Server.RecommendAsync(user);
        return $"rs:e:{response.EmbeddingSpaceId}:{{{rig.Server.IdentityOf(user).Key}}}";
    }

    /// <summary>Whether all keys are there before long; writes that failed are not repeated.</summary>
    private async Task<bool> AllExistAsync(string[] keys)
    {
        try
        {
            foreach (string key in keys)
                await Until.TrueAsync(() => IsThereAsync(key), s_soon, () => key);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task ExpectAsync(List<string> unused, string what, Func<Task<bool>> attempt)
    {
        try
        {
            // More than one attempt: on a busy machine a read may miss its two milliseconds.
            await Until.TrueAsync(attempt, patience, () => what);
        }
        catch (TimeoutException e)
        {
            unused.Add(e.Message);
        }
    }

    /// <summary>A new user, of whom the witness has recorded a click.</summary>
    private async Task<string> ClickAsync()
    {
        string user = $"visitor-{Interlocked.Increment(ref _users)}";
        Event click = Clicks.On($"visit-{_users}", user, ChaosWorld.ItemId(_users));
        await witness.Events.RecordEventsAsync(new RecordEventsRequest { Events = { click } });
        await ExistsAsync($"rs:u:{{{witness.IdentityOf(user).Key}}}");
        return user;
    }

    private Task ExistsAsync(string key) =>
        Until.TrueAsync(() => IsThereAsync(key), patience, () => $"{key} is not in Redis.");

    private async Task<bool> IsThereAsync(string key) => (await (await rig.NodeOfAsync(key)).ExecuteAsync("EXISTS", key)).Integer == 1;
}
