using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Loading;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Towers.Loading;

/// <summary>Loads and lets go many times; `./dev bench model-leak` does it a thousand times and looks closer.</summary>
[Collection(nameof(AloneInProcess))]
public sealed class RepeatedLoadTests
{
    [Fact]
    public async Task LoadAsync_SixtyTimes_LeavesNoSnapshotAndLittleMemoryBehind()
    {
        using var cache = new TemporaryFolder();
        using WrittenBundle good = await WrittenBundle.CreateAsync(new SmallWorld(items: 2000).Content());
        using WrittenBundle broken = await WrittenBundle.CreateAsync(new SmallWorld(items: 2000).Content());
        broken.Replace("golden.json", broken.Read("golden.json").Replace("\"Spain\"", "\"Italy\"", StringComparison.Ordinal));
        var snapshots = new List<WeakReference>();
        long before = 0;
        for (int load = 0; load < 60; load++)
        {
            // By then pools are filled and code is compiled.
            if (load == 20)
                before = ResidentAfterCollection();
            var settings = new BundleLoadSettings
            {
                Pace = LoadPace.Background,
                Loading = new LoadingOptions { Niceness = 0, CacheFolder = load % 4 == 0 ? cache.Path : "", WarmUpTime = TimeSpan.FromMilliseconds(10) },
            };
            if (load % 2 == 0)
                snapshots.Add(await LoadAndLetGoAsync(good, settings));
            else
                await Assert.ThrowsAsync<BundleException>(() => BundleLoader.LoadAsync(broken.Path, settings));
        }

        long grown = ResidentAfterCollection() - before;

        // The last one may still be on a stack or a thread that is about to end.
        Assert.InRange(snapshots.Count(snapshot => snapshot.IsAlive), 0, 2);
        // Native memory that stayed would be more than 2 MB each time, 47 MB here; what the allocators keep is below 10.
        Assert.True(grown < 30_000_000, $"{grown} bytes more after 40 loads");
    }

    private static async Task<WeakReference> LoadAndLetGoAsync(WrittenBundle bundle, BundleLoadSettings settings)
    {
        LoadedBundle loaded = await BundleLoader.LoadAsync(bundle.Path, settings);
        await loaded.Kept;
        loaded.Snapshot.Dispose();
        return new WeakReference(loaded.Snapshot);
    }

    private static long ResidentAfterCollection()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return Environment.WorkingSet;
    }
}
