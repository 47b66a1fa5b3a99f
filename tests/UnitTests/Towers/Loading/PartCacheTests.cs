using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Loading;
using Inference.Vectors;
using Microsoft.Extensions.Logging;
using Xunit;

namespace UnitTests.Towers.Loading;

public sealed class PartCacheTests : IDisposable
{
    private readonly TemporaryFolder _cache = new();
    private readonly RememberedLog _log = new();

    public void Dispose() => _cache.Dispose();

    [Theory]
    [InlineData(ItemIndexKind.Exact, 1)]
    [InlineData(ItemIndexKind.Fast, 2)]
    [InlineData(ItemIndexKind.Compact, 2)]
    public async Task LoadAsync_Again_FindsWhatWasMadeToTheBit(ItemIndexKind kind, int parts)
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(new SmallWorld(items: 400).Content());
        var index = new ItemIndexOptions { Kind = kind };

        LoadedBundle cold = await LoadAsync(bundle, index);
        LoadedBundle warm = await LoadAsync(bundle, index);

        using (cold.Snapshot)
        using (warm.Snapshot)
        {
            Assert.Equal((PartOrigin.Made, PartOrigin.Made), (cold.EmbeddingsOrigin, cold.IndexOrigin));
            Assert.Equal((PartOrigin.Cache, parts == 2 ? PartOrigin.Cache : PartOrigin.Made), (warm.EmbeddingsOrigin, warm.IndexOrigin));
            Assert.Equal(parts, Directory.GetFiles(_cache.Path).Length);
            AssertSame(cold, warm);
            Assert.Empty(_log.Warnings);
        }
    }

    [Fact]
    public async Task LoadAsync_OfABundleWithItsOwnParts_KeepsNothing()
    {
        BundleContent content = new SmallWorld(items: 100).Content();
        using VectorMatrix rows = VectorMatrix.Create(100, SmallWorld.Dimension, (row, vector) => new SmallWorld(items: 100).ItemVector(row).CopyTo(vector));
        using VectorIndex index = IndexBuilder.Build(rows, Metric.InnerProduct, new IndexOptions { Kind = IndexKind.Fast });
        float[] embeddings = [.. Enumerable.Range(0, 100).SelectMany(row => rows.Row(row).ToArray())];
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(content with { ItemEmbeddings = embeddings, Index = index });

        LoadedBundle loaded = await LoadAsync(bundle, new ItemIndexOptions());

        loaded.Snapshot.Dispose();
        Assert.Equal((PartOrigin.Bundle, PartOrigin.Bundle), (loaded.EmbeddingsOrigin, loaded.IndexOrigin));
        Assert.Empty(Directory.GetFiles(_cache.Path));
    }

    /// <summary>Everything that could change the parts makes others of them; what cannot, does not.</summary>
    [Theory]
    [InlineData("items", false, false)]
    [InlineData("tower", false, false)]
    [InlineData("inputs", false, false)]
    [InlineData("batch", false, false)]
    [InlineData("threads", false, false)]
    [InlineData("recall", true, false)]
    [InlineData("seed", true, false)]
    [InlineData("kind", true, false)]
    [InlineData("description", true, true)]
    [InlineData("users", true, true)]
    public async Task LoadAsync_AfterAChange_FindsOnlyWhatTheChangeDoesNotTouch(string change, bool embeddings, bool graph)
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(new SmallWorld(items: 200).Content());
        (await LoadAsync(bundle, new ItemIndexOptions { Kind = ItemIndexKind.Fast })).Snapshot.Dispose();
        var towers = new TowerOptions();
        var index = new ItemIndexOptions { Kind = ItemIndexKind.Fast };
        switch (change)
        {
            case "items":
                bundle.Replace("items.jsonl", bundle.Read("items.jsonl").Replace("number 7\"", "number seven\"", StringComparison.Ordinal));
                break;
            case "tower":
                bundle.Replace("item_tower.onnx", [.. File.ReadAllBytes(bundle["item_tower.onnx"]), .. (byte[])[0x32, 1, (byte)'x']]);
                break;
            case "inputs":
                bundle.EditManifest(manifest => manifest["item_tower"]!["inputs"]![0]!["encoder"]!["unknown"] = 1);
                break;
            case "batch":
                towers.MaxBatch = 64;
                break;
            case "threads":
                towers.IntraOpThreads = 2;
                break;
            case "recall":
                index.TargetRecall = 0.9;
                break;
            case "seed":
                index.Seed = 2;
                break;
            case "kind":
                index.Kind = ItemIndexKind.Compact;
                break;
            case "description":
                bundle.EditManifest(manifest => manifest["description"] = "another");
                break;
            case "users":
                bundle.Replace("users.jsonl.gz", "{\"id\":\"eve\"}\n");
                break;
        }

        LoadedBundle loaded = await LoadAsync(bundle, index, towers);

        loaded.Snapshot.Dispose();
        Assert.Equal(embeddings ? PartOrigin.Cache : PartOrigin.Made, loaded.EmbeddingsOrigin);
        Assert.Equal(graph ? PartOrigin.Cache : PartOrigin.Made, loaded.IndexOrigin);
    }

    [Theory]
    [InlineData("embeddings", "cut")]
    [InlineData("embeddings", "bit")]
    [InlineData("embeddings", "empty")]
    [InlineData("embeddings", "other")]
    [InlineData("index", "cut")]
    [InlineData("index", "bit")]
    [InlineData("index", "other")]
    public async Task LoadAsync_WithADamagedPart_MakesItAnewAndSaysSo(string part, string damage)
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(new SmallWorld(items: 300).Content());
        using WrittenBundle other = await WrittenBundle.CreateAsync(new SmallWorld(items: 300, seed: 9).Content());
        var index = new ItemIndexOptions { Kind = ItemIndexKind.Fast };
        (await LoadAsync(other, index)).Snapshot.Dispose();
        string stranger = Assert.Single(Directory.GetFiles(_cache.Path, "*." + part));
        LoadedBundle cold = await LoadAsync(bundle, index);
        string path = Assert.Single(Directory.GetFiles(_cache.Path, "*." + part), file => file != stranger);
        byte[] whole = await File.ReadAllBytesAsync(path);
        byte[] broken = damage switch
        {
            "cut" => whole[..^100],
            "empty" => [],
            // A whole part under a name that is not its own.
            "other" => await File.ReadAllBytesAsync(stranger),
            _ => Flipped(whole),
        };
        await File.WriteAllBytesAsync(path, broken);

        LoadedBundle loaded = await LoadAsync(bundle, index);

        using (cold.Snapshot)
        using (loaded.Snapshot)
        {
            Assert.Equal(PartOrigin.Made, part == "index" ? loaded.IndexOrigin : loaded.EmbeddingsOrigin);
            AssertSame(cold, loaded);
            Assert.Contains($"The {part} in the cache folder cannot be used", Assert.Single(_log.Warnings), StringComparison.Ordinal);
            LoadedBundle again = await LoadAsync(bundle, index);
            again.Snapshot.Dispose();
            Assert.Equal((PartOrigin.Cache, PartOrigin.Cache), (again.EmbeddingsOrigin, again.IndexOrigin));
            Assert.Single(_log.Warnings);
            // To the byte; a graph has the time of its measurement in it.
            if (part == "embeddings")
                Assert.Equal(whole, await File.ReadAllBytesAsync(path));
        }

        static byte[] Flipped(byte[] bytes)
        {
            byte[] flipped = [.. bytes];
            flipped[flipped.Length * 2 / 3] ^= 0x10;
            return flipped;
        }
    }

    [Fact]
    public async Task LoadAsync_SeveralAtOnce_AllSucceedAndKeepOneOfEach()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(new SmallWorld(items: 300).Content());
        var index = new ItemIndexOptions { Kind = ItemIndexKind.Fast };

        LoadedBundle[] loaded = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => LoadAsync(bundle, index)));

        foreach (LoadedBundle one in loaded)
            AssertSame(loaded[0], one);
        foreach (LoadedBundle one in loaded)
            one.Snapshot.Dispose();

        Assert.Equal(2, Directory.GetFiles(_cache.Path).Length);
        Assert.Empty(_log.Warnings);
        LoadedBundle after = await LoadAsync(bundle, index);
        after.Snapshot.Dispose();
        Assert.Equal((PartOrigin.Cache, PartOrigin.Cache), (after.EmbeddingsOrigin, after.IndexOrigin));
    }

    /// <summary>What stands in place of the folder is a file: nobody, not even root, can write there.</summary>
    [Fact]
    public async Task LoadAsync_WithAFolderThatCannotBeWritten_WarnsAndLoads()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        string file = _cache["file"];
        await File.WriteAllTextAsync(file, "in the way");

        LoadedBundle loaded = await LoadAsync(bundle, new ItemIndexOptions(), folder: Path.Combine(file, "cache"));

        loaded.Snapshot.Dispose();
        Assert.Equal(PartOrigin.Made, loaded.EmbeddingsOrigin);
        Assert.Contains("cannot be kept for the next start", Assert.Single(_log.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoadAsync_WithSomethingInThePlaceOfAPart_WarnsAndLeavesNothingBehind()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        (await LoadAsync(bundle, new ItemIndexOptions())).Snapshot.Dispose();
        string part = Assert.Single(Directory.GetFiles(_cache.Path));
        File.Delete(part);
        Directory.CreateDirectory(part);

        LoadedBundle loaded = await LoadAsync(bundle, new ItemIndexOptions());

        loaded.Snapshot.Dispose();
        Assert.Equal(PartOrigin.Made, loaded.EmbeddingsOrigin);
        Assert.NotEmpty(_log.Warnings);
        Assert.Empty(Directory.GetFiles(_cache.Path));
    }

    [Fact]
    public async Task Keep_BeyondTheMostBytes_RemovesWhatWasNotUsedForTheLongestTime()
    {
        var time = new Testing.ManualTime();
        using var bundles = new DisposableList<WrittenBundle>();
        for (int seed = 1; seed <= 3; seed++)
            bundles.Add(await WrittenBundle.CreateAsync(new SmallWorld(items: 1000, seed: seed).Content()));
        // A part has 64 KiB and a header: two fit.
        const long bytes = 160 << 10;
        foreach (int place in (int[])[0, 1, 0, 2])
        {
            LoadedBundle loaded = await LoadAsync(bundles[place], new ItemIndexOptions(), bytes: bytes, time: time);
            loaded.Snapshot.Dispose();
            time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.InRange(Directory.GetFiles(_cache.Path).Sum(file => new FileInfo(file).Length), 1, bytes);
        PartOrigin[] origins = [.. await Task.WhenAll(bundles.Select(async bundle =>
        {
            LoadedBundle loaded = await LoadAsync(bundle, new ItemIndexOptions(), bytes: 1 << 30, time: time);
            loaded.Snapshot.Dispose();
            return loaded.EmbeddingsOrigin;
        }))];
        Assert.Equal([PartOrigin.Cache, PartOrigin.Made, PartOrigin.Cache], origins);
    }

    [Fact]
    public async Task Keep_OfMoreThanTheMostBytes_KeepsNothingAndRemovesNothing()
    {
        using WrittenBundle small = await WrittenBundle.CreateAsync();
        using WrittenBundle large = await WrittenBundle.CreateAsync(new SmallWorld(items: 1000).Content());
        (await LoadAsync(small, new ItemIndexOptions(), bytes: 20_000)).Snapshot.Dispose();
        (await LoadAsync(large, new ItemIndexOptions(), bytes: 20_000)).Snapshot.Dispose();
        Assert.Single(Directory.GetFiles(_cache.Path));
        Assert.Empty(_log.Warnings);
    }

    [Fact]
    public async Task Keep_WithFilesOfOthersInTheFolder_LeavesThemAlone()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        string theirs = _cache["notes.txt"], left = _cache["a.embeddings.0.tmp"], young = _cache["b.embeddings.0.tmp"];
        foreach (string path in (string[])[theirs, left, young])
            await File.WriteAllBytesAsync(path, new byte[100_000]);
        File.SetLastWriteTimeUtc(theirs, TimeProvider.System.GetUtcNow().UtcDateTime.AddYears(-1));
        File.SetLastWriteTimeUtc(left, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-2));

        (await LoadAsync(bundle, new ItemIndexOptions(), bytes: 20_000)).Snapshot.Dispose();

        Assert.Equal([false, true, true], new[] { left, theirs, young }.Select(File.Exists));
        Assert.Single(Directory.GetFiles(_cache.Path, "*.embeddings"));
    }

    [Fact]
    public async Task LoadAsync_WithACache_CountsWhatItFinds()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(new SmallWorld(items: 200).Content());
        var index = new ItemIndexOptions { Kind = ItemIndexKind.Fast };
        var counts = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name.StartsWith("recsys.model.cache.", StringComparison.Ordinal))
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            // Other tests count in other threads; these are measured while a load of this one waits.
            lock (counts)
                counts[$"{instrument.Name} {tags[0].Value}"] = counts.GetValueOrDefault($"{instrument.Name} {tags[0].Value}") + value;
        });
        listener.Start();

        (await LoadAsync(bundle, index)).Snapshot.Dispose();
        (await LoadAsync(bundle, index)).Snapshot.Dispose();

        lock (counts)
        {
            Assert.All(
                (string[])["recsys.model.cache.misses embeddings", "recsys.model.cache.misses index", "recsys.model.cache.hits embeddings", "recsys.model.cache.hits index"],
                name => Assert.True(counts.GetValueOrDefault(name) >= 1, $"{name}: {counts.GetValueOrDefault(name)}"));
        }
    }

    [Theory]
    [InlineData("", 1L << 30, null)]
    [InlineData("auto", 0L, null)]
    [InlineData("/somewhere", 1L << 30, "/somewhere")]
    public void ResolveCacheFolder_OfOptions_IsWhatTheySay(string folder, long bytes, string? expected)
    {
        string? resolved = new LoadingOptions { CacheFolder = folder, CacheBytes = bytes }.ResolveCacheFolder();
        Assert.Equal(expected is null ? null : Path.GetFullPath(expected), resolved);
    }

    private async Task<LoadedBundle> LoadAsync(
        WrittenBundle bundle, ItemIndexOptions index, TowerOptions? towers = null, string? folder = null, long bytes = 1L << 30, TimeProvider? time = null)
    {
        LoadedBundle loaded = await BundleLoader.LoadAsync(bundle.Path, new BundleLoadSettings
        {
            Towers = towers ?? new TowerOptions(),
            Index = index,
            Loading = new LoadingOptions { CacheFolder = folder ?? _cache.Path, CacheBytes = bytes, WarmUpTime = TimeSpan.Zero },
            Logger = _log,
            Time = time ?? TimeProvider.System,
        });
        await loaded.Kept;
        return loaded;
    }

    /// <summary>The same answers, to the bit.</summary>
    private static void AssertSame(LoadedBundle expected, LoadedBundle actual)
    {
        Assert.Equal(expected.Snapshot.Index.Kind, actual.Snapshot.Index.Kind);
        Assert.Equal(expected.Snapshot.Index.Tuning?.Width, actual.Snapshot.Index.Tuning?.Width);
        var random = new Random(11);
        var query = new float[SmallWorld.Dimension];
        Neighbor[] first = new Neighbor[20], second = new Neighbor[20];
        for (int i = 0; i < 20; i++)
        {
            foreach (ref float element in query.AsSpan())
                element = (float)(random.NextDouble() * 2 - 1);
            Assert.Equal(expected.Snapshot.Index.Search(query, first), actual.Snapshot.Index.Search(query, second));
            Assert.Equal(first, second);
        }

        float[] one = new float[SmallWorld.Dimension], other = new float[SmallWorld.Dimension];
        for (int row = 0; row < expected.Snapshot.Items.Count; row++)
        {
            Assert.True(expected.Snapshot.Index.TryCopyVector(row, one) && actual.Snapshot.Index.TryCopyVector(row, other));
            Assert.Equal(one, other);
        }
    }

    private sealed class RememberedLog : ILogger
    {
        private readonly List<string> _warnings = [];

        /// <summary>Of the cache; bundles without golden cases and the like warn of themselves.</summary>
        public IReadOnlyList<string> Warnings
        {
            get
            {
                lock (_warnings)
                    return [.. _warnings];
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel < LogLevel.Warning)
                return;
            lock (_warnings)
                _warnings.Add(formatter(state, exception));
        }
    }

    private sealed class DisposableList<T> : List<T>, IDisposable
        where T : IDisposable
    {
        public void Dispose() => ForEach(item => item.Dispose());
    }
}
