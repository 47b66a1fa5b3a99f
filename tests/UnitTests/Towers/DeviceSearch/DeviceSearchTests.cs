using Inference.Recommendations.Ports;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.DeviceSearch;
using Inference.Towers.Runtime;
using Inference.Vectors;
using Microsoft.Extensions.Logging.Abstractions;
using UnitTests.Testing;
using UnitTests.Vectors;
using Xunit;

namespace UnitTests.Towers.DeviceSearch;

/// <summary>Searches on a device, held against the exact index: same rows, same order, same bits.</summary>
public sealed class DeviceSearchTests
{
    private const int Dimension = 12;

    [SkippableTheory]
    [InlineData(Metric.InnerProduct, "cpu", false)]
    [InlineData(Metric.Cosine, "cpu", false)]
    [InlineData(Metric.L2, "cpu", false)]
    [InlineData(Metric.InnerProduct, "cpu", true)]
    [InlineData(Metric.Cosine, "cpu", true)]
    [InlineData(Metric.L2, "cpu", true)]
    [InlineData(Metric.InnerProduct, "webgpu", false)]
    [InlineData(Metric.Cosine, "webgpu", false)]
    [InlineData(Metric.L2, "webgpu", false)]
    public async Task SearchAsync_WithAnyMetric_FindsWhatTheIndexFinds(Metric metric, string provider, bool half)
    {
        Require(provider);
        using LiveIndex index = Index(SeededVectors.Uniform(700 * Dimension, seed: 3), metric);
        using OnnxDeviceSearch search = Open(index, provider, half);

        for (int seed = 0; seed < 20; seed++)
            await AssertFoundAsync(search, index, SeededVectors.Uniform(Dimension, 100 + seed), results: 1 + seed, filter: default);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(400)]
    public async Task SearchAsync_WithDeniedRows_FindsTheBestOfTheOthers(int denied)
    {
        using LiveIndex index = Index(SeededVectors.Uniform(1500 * Dimension, seed: 4), Metric.InnerProduct);
        using OnnxDeviceSearch search = Open(index);
        float[] query = SeededVectors.Uniform(Dimension, seed: 5);
        // The best ones: no other choice takes more out of what the device finds.
        var best = new Neighbor[denied];
        index.Search(query, best);
        using RowSet set = RowSet.Rent(index.RowCount);
        foreach (Neighbor neighbor in best)
            set.Add(neighbor.Row);

        await AssertFoundAsync(search, index, query, results: 10, RowFilter.Deny(set));
    }

    [Fact]
    public async Task SearchAsync_WithTooManyDeniedRowsOrAnAllowSet_LeavesItToTheIndex()
    {
        using LiveIndex index = Index(SeededVectors.Uniform(3000 * Dimension, seed: 4), Metric.InnerProduct);
        using OnnxDeviceSearch search = Open(index);
        using RowSet many = RowSet.Rent(index.RowCount), few = RowSet.Rent(index.RowCount);
        for (int row = 0; row < 1100; row++)
            many.Add(row);
        few.Add(7);

        Assert.Equal(DeviceSearchOutcome.Unsuited, await OutcomeAsync(search, RowFilter.Deny(many)));
        Assert.Equal(DeviceSearchOutcome.Unsuited, await OutcomeAsync(search, RowFilter.Allow(few)));
        Assert.Equal(DeviceSearchOutcome.Found, await OutcomeAsync(search, RowFilter.Deny(few)));
    }

    [Fact]
    public async Task SearchAsync_WithMoreWantedThanThereIs_FindsAll()
    {
        using LiveIndex index = Index(SeededVectors.Uniform(5 * Dimension, seed: 6), Metric.L2);
        using OnnxDeviceSearch search = Open(index);

        await AssertFoundAsync(search, index, SeededVectors.Uniform(Dimension, seed: 7), results: 20, filter: default);
    }

    /// <summary>Where rows that were not handed over may be as good as the last one, the answer is not certain: ties have to come by ascending row.</summary>
    [Fact]
    public async Task SearchAsync_WithMoreTiesThanTheDeviceHandsOver_LeavesItToTheIndex()
    {
        using LiveIndex index = Index([.. Enumerable.Repeat(1f, 100 * Dimension)], Metric.InnerProduct);
        using OnnxDeviceSearch search = Open(index);

        Assert.Equal(DeviceSearchOutcome.Unsuited, await OutcomeAsync(search, default));
    }

    [Fact]
    public async Task SearchAsync_WithNoPatience_IsLate()
    {
        using LiveIndex index = Index(SeededVectors.Uniform(50 * Dimension, seed: 6), Metric.InnerProduct);
        using OnnxDeviceSearch search = Open(index);

        DeviceSearchResult result = await search.SearchAsync(new float[Dimension], new Neighbor[3], default, new Urgency(WorkPriority.Interactive, TimeSpan.Zero), CancellationToken.None);

        Assert.Equal(DeviceSearchOutcome.Late, result.Outcome);
    }

    [Fact]
    public async Task SearchAsync_AtTheSameTime_AnswersEachCaller()
    {
        using LiveIndex index = Index(SeededVectors.Uniform(2000 * Dimension, seed: 8), Metric.InnerProduct);
        using OnnxDeviceSearch search = Open(index);

        await Task.WhenAll(Enumerable.Range(0, 200).Select(seed => Task.Run(() => AssertFoundAsync(search, index, SeededVectors.Uniform(Dimension, seed), results: 1 + seed % 60, filter: default))));
    }

    /// <summary>Random edits against the index, which knows each of them at once; rebuilds come and go meanwhile.</summary>
    [SkippableTheory]
    [InlineData(Metric.InnerProduct, "cpu", 1)]
    [InlineData(Metric.Cosine, "cpu", 2)]
    [InlineData(Metric.L2, "cpu", 3)]
    [InlineData(Metric.InnerProduct, "webgpu", 4)]
    public async Task SearchAsync_WhileRowsComeChangeAndGo_FindsWhatTheIndexFinds(Metric metric, string provider, int seed)
    {
        Require(provider);
        var random = new Random(seed);
        using LiveIndex index = Index(SeededVectors.Uniform(400 * Dimension, seed), metric);
        using OnnxDeviceSearch search = Open(index, provider, rebuildAfter: 40);

        for (int step = 0; step < (provider == "cpu" ? 300 : 60); step++)
        {
            int row = random.Next(index.RowCount + 1);
            if (random.Next(3) == 0 && row < index.RowCount)
                index.Delete(row);
            else
                index.Upsert(row, SeededVectors.Uniform(Dimension, random.Next()));
            search.RowChanged(row);
            if (step % 7 == 0)
                search.WaitForRebuild();
            using RowSet denied = RowSet.Rent(index.RowCount);
            for (int i = 0; i < 10; i++)
                denied.Add(random.Next(index.RowCount));

            await AssertFoundAsync(search, index, SeededVectors.Uniform(Dimension, random.Next()), results: 8, RowFilter.Deny(denied), mayBeUnsuited: true);
        }

        Assert.True(search.Rebuilds >= 1, $"There was no rebuild (seed {seed}).");
        search.WaitForRebuild();
        await AssertFoundAsync(search, index, SeededVectors.Uniform(Dimension, seed), results: 8, filter: default);
    }

    [Fact]
    public async Task RowChanged_OfARowThatGoesToTheTop_IsSeenByTheNextSearch()
    {
        using LiveIndex index = Index(SeededVectors.Uniform(300 * Dimension, seed: 9), Metric.InnerProduct);
        using OnnxDeviceSearch search = Open(index);
        float[] query = SeededVectors.Uniform(Dimension, seed: 10);
        index.Upsert(17, [.. query.Select(x => x * 100)]);
        search.RowChanged(17);

        var found = new Neighbor[3];
        DeviceSearchResult result = await search.SearchAsync(query, found, default, default, CancellationToken.None);

        Assert.Equal(new DeviceSearchResult(DeviceSearchOutcome.Found, 3), result);
        Assert.Equal(17, found[0].Row);
    }

    [Fact]
    public async Task SearchAsync_WithoutWordOfAChange_StillGivesTheScoresOfTheIndex()
    {
        using LiveIndex index = Index(SeededVectors.Uniform(300 * Dimension, seed: 9), Metric.InnerProduct);
        using OnnxDeviceSearch search = Open(index);
        float[] query = SeededVectors.Uniform(Dimension, seed: 10);
        var before = new Neighbor[3];
        index.Search(query, before);
        index.Delete(before[0].Row);

        var found = new Neighbor[2];
        await search.SearchAsync(query, found, default, default, CancellationToken.None);

        Assert.Equal(before[1..], found);
    }

    [Fact]
    public async Task Dispose_WhileSearchesRun_EndsThemAll()
    {
        using LiveIndex index = Index(SeededVectors.Uniform(4000 * Dimension, seed: 8), Metric.InnerProduct);
        OnnxDeviceSearch search = Open(index);
        Task[] searches = [.. Enumerable.Range(0, 50).Select(seed => Task.Run(async () =>
        {
            try
            {
                for (int i = 0; i < 100; i++)
                    await search.SearchAsync(SeededVectors.Uniform(Dimension, seed), new Neighbor[5], default, default, CancellationToken.None);
            }
            catch (Exception e) when (e is TowerException or ObjectDisposedException)
            {
                // Turned away, or waiting when it ended.
            }
        }))];

        search.Dispose();
        search.Dispose();

        await Task.WhenAll(searches).WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task LoadAsync_OfGpuExactOnTheCpu_SearchesThere()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();

        LoadedBundle loaded = await BundleLoader.LoadAsync(bundle.Path, new TowerOptions(), null, NullLogger.Instance, index: new ItemIndexOptions { Kind = ItemIndexKind.GpuExact });

        Assert.NotNull(loaded.Snapshot.DeviceSearch);
        Assert.Equal(IndexKind.Exact, loaded.Snapshot.Index.Kind);
        Assert.Equal(new ProviderUse("index", "cpu", "cpu", null), loaded.ProviderUses[^1]);
        await AssertFoundAsync((OnnxDeviceSearch)loaded.Snapshot.DeviceSearch, loaded.Snapshot.Index, SeededVectors.Uniform(SmallWorld.Dimension, seed: 1), 5, default);
        loaded.Snapshot.Dispose();
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LoadAsync_OfGpuExactWithoutTheDevice_IsRefusedOrServedByTheIndex(bool mayFallBack)
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        var towers = new TowerOptions { ProviderFallback = mayFallBack };
        var index = new ItemIndexOptions { Kind = ItemIndexKind.GpuExact, DeviceProviders = ["tensorrt", "cpu"] };
        Skip.If(Directory.EnumerateFiles(AppContext.BaseDirectory, "*onnxruntime_providers_tensorrt*", SearchOption.AllDirectories).Any(), "TensorRT may be there.");

        if (!mayFallBack)
        {
            BundleException refused = await Assert.ThrowsAsync<BundleException>(() => BundleLoader.LoadAsync(bundle.Path, towers, null, NullLogger.Instance, index: index));
            Assert.Contains("index: cannot run on tensorrt: ", Assert.Single(refused.Reasons), StringComparison.Ordinal);
            return;
        }

        LoadedBundle loaded = await BundleLoader.LoadAsync(bundle.Path, towers, null, NullLogger.Instance, index: index);

        loaded.Snapshot.Dispose();
        Assert.Null(loaded.Snapshot.DeviceSearch);
        Assert.Equal(("index", "tensorrt", "cpu", true), (loaded.ProviderUses[^1].Part, loaded.ProviderUses[^1].Wanted, loaded.ProviderUses[^1].Actual, loaded.ProviderUses[^1].IsFallback));
    }

    private static async Task AssertFoundAsync(OnnxDeviceSearch search, LiveIndex index, float[] query, int results, RowFilter filter, bool mayBeUnsuited = false)
    {
        var expected = new Neighbor[results];
        expected = expected[..index.Search(query, expected, filter)];
        var found = new Neighbor[results];

        DeviceSearchResult result = await search.SearchAsync(query, found, filter, default, CancellationToken.None);

        if (mayBeUnsuited && result.Outcome == DeviceSearchOutcome.Unsuited)
            return;
        Assert.Equal(DeviceSearchOutcome.Found, result.Outcome);
        Assert.Equal(expected.Select(Bits), found[..result.Found].Select(Bits));

        static (int Row, int Score) Bits(Neighbor neighbor) => (neighbor.Row, BitConverter.SingleToInt32Bits(neighbor.Score));
    }

    private static async Task<DeviceSearchOutcome> OutcomeAsync(OnnxDeviceSearch search, RowFilter filter) =>
        (await search.SearchAsync(SeededVectors.Uniform(Dimension, seed: 2), new Neighbor[10], filter, default, CancellationToken.None)).Outcome;

    private static LiveIndex Index(float[] vectors, Metric metric)
    {
        using VectorMatrix rows = VectorMatrix.Create(vectors, Dimension);
        return new LiveIndex(IndexBuilder.Build(rows, metric, new IndexOptions { Kind = IndexKind.Exact, Threads = 1 }));
    }

    private static OnnxDeviceSearch Open(LiveIndex index, string provider = "cpu", bool half = false, int? rebuildAfter = null)
    {
        var options = new TowerOptions { Providers = [provider] };
        byte[] model = TopKModel.Make(ItemVectors.ColumnsFor(index.Metric, index.Dimension), half);
        OpenedSession? session = new SessionOpener(options, options.Providers, NullLogger.Instance).Open("index", opened => new Microsoft.ML.OnnxRuntime.InferenceSession(model, opened), out string? refusal);
        Assert.True(session is not null, refusal);
        return new OnnxDeviceSearch(index, session, new DeviceSearchSettings(half, !half, MaxBatch: 8, TimeSpan.FromMilliseconds(5), rebuildAfter), NullLogger.Instance, TimeProvider.System, CancellationToken.None);
    }

    private static void Require(string provider)
    {
        if (provider == "webgpu")
            SwiftShader.Require();
    }
}
