using Inference.Recommendations.Features;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Loading;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Towers.Loading;

/// <summary>What a load leaves to the collector is what callers of the version before pay for, in pauses.</summary>
[Collection(nameof(AloneInProcess))]
public sealed class LoadGarbageTests
{
    private const int Items = 4000, Users = 3000, History = 20;
    private const int Loads = 6;
    private const long LeftMost = 1_400_000, AllocatedMost = 5_000_000;

    [Fact]
    public async Task LoadAsync_OfManyItemsAndUsers_LeavesFewBytesToTheCollector()
    {
        var world = new SmallWorld(items: Items);
        BundleContent content = world.Content() with
        {
            Users =
            [
                .. Enumerable.Range(0, Users).Select(user => new BundleUser
                {
                    Id = $"user-{user}",
                    Features = new Dictionary<string, FeatureValue> { ["country"] = FeatureValue.Of(SmallWorld.Countries[user % 3]) },
                    History = [.. Enumerable.Range(0, History).Select(i => SmallWorld.IdOf((user * 31 + i * 17) % Items))],
                }),
            ],
        };
        using var cache = new TemporaryFolder();
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(content);
        var settings = new BundleLoadSettings { Pace = LoadPace.Background, Loading = new LoadingOptions { Niceness = 0, CacheFolder = cache.Path, WarmUpTime = TimeSpan.FromMilliseconds(1) } };
        for (int i = 0; i < 2; i++)
            await LoadAndLetGoAsync(bundle, settings);

        long before = HeldBytes(), allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        LoadedBundle[] loaded = new LoadedBundle[Loads];
        for (int i = 0; i < Loads; i++)
            loaded[i] = await BundleLoader.LoadAsync(bundle.Path, settings);
        long allocated = (GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore) / Loads, left = (HeldBytes() - before) / Loads;
        Assert.All(loaded, one => Assert.Equal((Items, Users), (one.Snapshot.Items.Count, one.Users.Count)));
        foreach (LoadedBundle one in loaded)
            one.Snapshot.Dispose();

        // Users as objects would be 1.2 MB more that stay, and ids as strings 0.2 MB.
        Assert.True(left < LeftMost && allocated < AllocatedMost, $"a load leaves {left} bytes and allocates {allocated}");
    }

    private static async Task LoadAndLetGoAsync(WrittenBundle bundle, BundleLoadSettings settings)
    {
        LoadedBundle loaded = await BundleLoader.LoadAsync(bundle.Path, settings);
        await loaded.Kept;
        loaded.Snapshot.Dispose();
    }

    private static long HeldBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
