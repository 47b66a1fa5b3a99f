using Inference.Recommendations.Ports;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Runtime;
using Inference.Vectors;
using System.Diagnostics.Metrics;
using Xunit;

namespace UnitTests.Towers.Loading;

public sealed class WarmUpTests
{
    [Fact]
    public async Task LoadAsync_WithTimeToWarmUp_LeavesNothingNewToTheFirstUsers()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(new SmallWorld(items: 300).Content());
        LoadedBundle loaded = await BundleLoader.LoadAsync(bundle.Path, Settings(TimeSpan.FromMinutes(5)));
        using (loaded.Snapshot)
        {
            var towers = (OnnxUserTower)loaded.Snapshot.UserTower;
            int most = towers.Runner.MaxBatch;
            Assert.True(towers.Runner.RunSizes.Count() > 10);
            // Rows that were prepared before: nothing but the tower can allocate, and it does for a shape that it has not seen.
            foreach (int rows in (int[])[1, 2, 3, 7, 8, 11, 40, most])
            {
                var users = new UserTowerInput[rows];
                Array.Fill(users, new UserTowerInput(default, new[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }));
                var embeddings = new float[rows * SmallWorld.Dimension];
                long before = GC.GetAllocatedBytesForCurrentThread();
                towers.Runner.EncodeHere(users, embeddings);
                Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            }

            float[] query = new float[SmallWorld.Dimension];
            Neighbor[] found = new Neighbor[10];
            long start = GC.GetAllocatedBytesForCurrentThread();
            loaded.Snapshot.Index.Search(query, found);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - start);
        }
    }

    [Fact]
    public async Task LoadAsync_WithoutTimeToWarmUp_StillFindsATowerThatCannotEncodeNobody()
    {
        var world = new SmallWorld();
        // An unknown country has an id behind the end of its table.
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(world.Content() with { Golden = null });
        bundle.EditManifest(manifest =>
        {
            manifest["user_tower"]!["inputs"]![2]!["encoder"]!["missing"] = 99;
        });

        LoadedBundle loaded = await BundleLoader.LoadAsync(bundle.Path, Settings(TimeSpan.Zero));

        loaded.Snapshot.Dispose();
        Assert.Contains(loaded.Warnings, warning => warning.Contains("cannot encode a user without history and features", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LoadAsync_WithLittleTime_EndsWarmingUpAfterIt()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        var time = new Testing.ManualTime();
        long runs = 0;
        using var listener = new MeterListener { InstrumentPublished = (instrument, l) => { if (instrument.Name == "recsys.tower.run.duration") l.EnableMeasurementEvents(instrument); } };
        // Each run takes ten seconds of this clock, and there are fifteen: two that are always done, and none of the others.
        listener.SetMeasurementEventCallback<double>((_, _, _, _) =>
        {
            if (Thread.CurrentThread.Name != "bundle load" || t_stage != BundleLoadStage.WarmUp)
                return;
            runs++;
            time.Advance(TimeSpan.FromSeconds(10));
        });
        listener.Start();

        LoadedBundle loaded = await BundleLoader.LoadAsync(bundle.Path, Settings(TimeSpan.FromSeconds(15)) with { Time = time, Progress = new Stages() });

        loaded.Snapshot.Dispose();
        Assert.Equal(2, runs);
    }

    [ThreadStatic]
    private static BundleLoadStage t_stage;

    private static BundleLoadSettings Settings(TimeSpan warmUp) => new() { Loading = new LoadingOptions { CacheFolder = "", WarmUpTime = warmUp } };

    private sealed class Stages : IProgress<BundleLoadProgress>
    {
        public void Report(BundleLoadProgress value) => t_stage = value.Stage;
    }
}
