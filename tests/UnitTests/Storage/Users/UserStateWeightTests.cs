using UnitTests.Testing;
using Xunit;

namespace UnitTests.Storage.Users;

[Collection(nameof(AloneInProcess))]
public class UserStateWeightTests
{
    [Fact]
    public void Weights_AreNearWhatTheHeapSays()
    {
        var world = new StorageWorld(options => options.UserCacheBytes = 1 << 30);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int user = 0; user < 300; user++)
        {
            for (int i = 0; i < 250; i++)
                world.States.Add(StorageWorld.User(user).Key, world.Event(user, $"item {user} {i}", id: $"{user} {i}").ToInteraction());
            world.Find(user);
        }

        long taken = GC.GetTotalMemory(forceFullCollection: true) - before;
        long said = Assert.Single(world.Metrics.Report().Caches, cache => cache.Name == "states").Bytes;
        GC.KeepAlive(world);

        // Strings of items that fell out of histories may still be in their buffers.
        Assert.InRange((double)taken / said, 0.7, 1.3);
    }
}
