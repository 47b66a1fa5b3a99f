using UnitTests.Testing;
using Xunit;

namespace UnitTests.Storage.Users;

[Collection(nameof(AloneInProcess))]
public class UserStateWeightTests
{
    /// <summary>Of three: what other tests have left behind may go while one of them is taken.</summary>
    [Fact]
    public void Weights_AreNearWhatTheHeapSays()
    {
        double[] ratios = [.. Enumerable.Range(0, 3).Select(_ => TakenOfSaid()).Order()];

        // Strings of items that fell out of histories may still be in their buffers.
        Assert.InRange(ratios[1], 0.7, 1.3);
    }

    private static double TakenOfSaid()
    {
        var world = new StorageWorld(options => options.UserCacheBytes = 1 << 30);
        long before = Settled();
        for (int user = 0; user < 300; user++)
        {
            for (int i = 0; i < 250; i++)
                world.States.Add(StorageWorld.User(user).Key, world.Event(user, $"item {user} {i}", id: $"{user} {i}").ToInteraction());
            world.Find(user);
        }

        long taken = Settled() - before;
        long said = Assert.Single(world.Metrics.Report().Caches, cache => cache.Name == "states").Bytes;
        GC.KeepAlive(world);
        return (double)taken / said;
    }

    private static long Settled()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
