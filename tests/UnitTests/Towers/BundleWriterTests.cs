using Inference.Recommendations.Snapshots;
using Inference.Towers.Bundles;
using Inference.Towers.Manifests;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Towers;

public sealed class BundleWriterTests
{
    [Fact]
    public async Task WriteAsync_WithExistingTarget_RefusesAndLeavesItAlone()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["1"]);
        await File.WriteAllTextAsync(Path.Combine(folder["1"], "mine.txt"), "mine");

        await Assert.ThrowsAsync<IOException>(() => BundleWriter.WriteAsync(folder["1"], new SmallWorld().Content()));

        Assert.Equal(["mine.txt"], Directory.EnumerateFiles(folder["1"]).Select(Path.GetFileName));
        Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task WriteAsync_WithOverwrite_ReplacesTheTarget()
    {
        using var folder = new TemporaryFolder();
        await BundleWriter.WriteAsync(folder["1"], new SmallWorld(items: 15).Content());

        await BundleWriter.WriteAsync(folder["1"], new SmallWorld(items: 30).Content(), overwrite: true);

        LoadedBundle loaded = await SmallWorld.LoadAsync(folder["1"]);
        loaded.Snapshot.Dispose();
        Assert.Equal(30, loaded.Snapshot.Items.Count);
        Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task WriteAsync_ThatFails_LeavesNothingBehind()
    {
        using var folder = new TemporaryFolder();
        SmallWorld world = new();
        BundleContent content = world.Content() with { Users = new FailingUsers() };

        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => BundleWriter.WriteAsync(folder["1"], content));

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task WriteAsync_BesideAReader_IsSeenWholeOrNotAtAll()
    {
        using var folder = new TemporaryFolder();
        using var done = new CancellationTokenSource();
        Task<int> reader = Task.Run(() =>
        {
            int seen = 0;
            while (!done.IsCancellationRequested)
            {
                foreach (string version in Directory.EnumerateDirectories(folder.Path).Where(path => !Path.GetFileName(path).StartsWith('.')))
                {
                    BundleManifest manifest = BundleLoader.ReadManifest(version);
                    foreach ((string name, FileManifest file) in manifest.Files!)
                        Assert.Equal(file.Bytes, new FileInfo(Path.Combine(version, name)).Length);
                    seen++;
                }
            }

            return seen;
        });
        for (int version = 0; version < 20; version++)
            await BundleWriter.WriteAsync(folder[$"v{version}"], new SmallWorld().Content($"{version}"));
        await done.CancelAsync();

        Assert.True(await reader > 0);
    }

    [Fact]
    public async Task WriteAsync_OfTheSameContent_GivesTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        var time = new ManualTime();
        BundleManifest first = await BundleWriter.WriteAsync(folder["a"], new SmallWorld().Content(), time: time);
        BundleManifest second = await BundleWriter.WriteAsync(folder["b"], new SmallWorld().Content(), time: time);

        Assert.Equal(first.EmbeddingSpaceId, second.EmbeddingSpaceId);
        foreach (string file in Directory.EnumerateFiles(folder["a"]).Select(path => Path.GetFileName(path)))
            Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(folder["a"], file)), await File.ReadAllBytesAsync(Path.Combine(folder["b"], file)));
    }

    [Fact]
    public async Task WriteAsync_OfOtherTowers_NamesAnotherSpace()
    {
        using var folder = new TemporaryFolder();
        BundleManifest first = await BundleWriter.WriteAsync(folder["a"], new SmallWorld(seed: 1).Content());
        BundleManifest second = await BundleWriter.WriteAsync(folder["b"], new SmallWorld(seed: 2).Content());

        Assert.NotEqual(first.EmbeddingSpaceId, second.EmbeddingSpaceId);
        Assert.Equal(16, first.EmbeddingSpaceId!.Length);
    }

    [Fact]
    public async Task WriteAsync_WithEverything_IsLoadedAsItWas()
    {
        using var folder = new TemporaryFolder();
        SmallWorld world = new();
        var lift = new Dictionary<string, float[]> { ["Spain"] = [0.5f, -0.25f], ["7"] = [0, 1e-7f] };
        BundleContent content = world.Content() with
        {
            Description = "Ümläute & <Zeichen>",
            ParentSpaceId = "parent",
            EmbeddingSpaceId = "mine",
            ItemEmbeddings = Enumerable.Range(0, world.ItemCount).SelectMany(world.ItemVector).ToArray(),
            Popularity = new Popularity([.. Enumerable.Range(0, world.ItemCount).Select(row => row / 100f)]),
            Profiles = new ClusterProfiles(
                [
                    new ClusterProfile("gifts", 70, Enumerable.Repeat(0.1f, SmallWorld.Dimension).ToArray(), new ScoredRow[] { new(3, 0.9f), new(1, 0.1f) }, 0.7f),
                    new ClusterProfile("", 30, new float[SmallWorld.Dimension], new ScoredRow[] { new(0, 1f) }, 0f),
                ],
                [new ContextTable("country", System.Collections.Frozen.FrozenDictionary.ToFrozenDictionary(lift))]),
        };

        await BundleWriter.WriteAsync(folder["1"], content);
        LoadedBundle loaded = await SmallWorld.LoadAsync(folder["1"]);

        using Snapshot snapshot = loaded.Snapshot;
        Assert.Equal(("mine", "parent", content.Description), (snapshot.Model.EmbeddingSpaceId, snapshot.Model.ParentSpaceId, loaded.Manifest.Description));
        Assert.Equal(0.19f, snapshot.Popularity.RateOf(19));
        Assert.Equal(2, snapshot.Profiles!.Count);
        Assert.Equal(("gifts", 70, 0.7f), (snapshot.Profiles[0].Label, snapshot.Profiles[0].Users, snapshot.Profiles[0].RestScale));
        Assert.Equal(content.Profiles[0].Centroid.ToArray(), snapshot.Profiles[0].Centroid.ToArray());
        Assert.Equal(content.Profiles[0].Top.ToArray(), snapshot.Profiles[0].Top.ToArray());
        Assert.Equal([0, 1e-7f], snapshot.Profiles.Contexts[0].LogLift["7"]);
        Assert.Empty(loaded.Warnings);
        // The manifest is there to be read and edited by people.
        string manifest = await File.ReadAllTextAsync(Path.Combine(folder["1"], "manifest.json"));
        Assert.Contains("\n  \"description\": \"Ümläute & <Zeichen>\",\n", manifest, StringComparison.Ordinal);
        Assert.Contains("\"values\": [\"France\", \"Spain\", \"Italy\"]", manifest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteAsync_OfContradictingContent_Throws()
    {
        using var folder = new TemporaryFolder();
        BundleContent good = new SmallWorld().Content();
        BundleContent[] bad =
        [
            good with { Name = "a/b" }, good with { Version = ".." }, good with { Items = [] }, good with { ItemTower = null },
            good with { ItemEmbeddings = new float[7] }, good with { Popularity = new Popularity([0.5f]) },
            good with { UserTower = good.UserTower with { ExternalData = new Dictionary<string, string> { ["../weights"] = "x" } } },
        ];
        foreach (BundleContent content in bad)
            await Assert.ThrowsAsync<ArgumentException>(() => BundleWriter.WriteAsync(folder["1"], content));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    private sealed class FailingUsers : IReadOnlyList<BundleUser>
    {
        public int Count => 1;

        public BundleUser this[int index] => throw new InvalidTimeZoneException();

        public IEnumerator<BundleUser> GetEnumerator() => throw new InvalidTimeZoneException();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
