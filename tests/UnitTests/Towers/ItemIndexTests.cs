using Inference.Recommendations.Snapshots;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Loading;
using Inference.Vectors;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace UnitTests.Towers;

public sealed class ItemIndexTests
{
    private const int Items = 600;

    private static readonly SmallWorld World = new(Items);

    [Theory]
    [InlineData(IndexKind.Exact)]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    public async Task LoadAsync_WithAnIndex_ServesThatIndex(IndexKind kind)
    {
        using WrittenBundle bundle = await WriteAsync(kind);
        LoadedBundle loaded = await LoadAsync(bundle);
        using Snapshot snapshot = loaded.Snapshot;

        Assert.True(loaded.IndexFromFile);
        Assert.Empty(loaded.Warnings);
        Assert.Equal("index.bin", loaded.Manifest.Index);
        Assert.Equal(kind, snapshot.Index.Kind);
        Assert.Equal(Items, snapshot.Index.Count);
        Assert.Equal(kind == IndexKind.Exact, snapshot.Index.Tuning is null);
        var found = new Neighbor[5];
        float[] user = World.Embed(2, 3);
        Assert.Equal(5, snapshot.Index.Search(user, found));
        Assert.Equal(World.Top(1, user).Single(), SmallWorld.IdOf(found[0].Row));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LoadAsync_WithAnIndex_CopiesOrMapsIt_AsTheOptionSays(bool resident)
    {
        using WrittenBundle bundle = await WriteAsync(IndexKind.Fast);
        LoadedBundle loaded = await LoadAsync(bundle, new ItemIndexOptions { Resident = resident });
        using Snapshot snapshot = loaded.Snapshot;

        Assert.Empty(loaded.Warnings);
        Assert.Equal(World.Top(1, World.Embed(2, 3)).Single(), SmallWorld.IdOf(Best(snapshot)));
        if (OperatingSystem.IsLinux())
            Assert.Equal(!resident, File.ReadLines("/proc/self/maps").Any(line => line.EndsWith(bundle["index.bin"], StringComparison.Ordinal)));

        static int Best(Snapshot snapshot)
        {
            var found = new Neighbor[1];
            snapshot.Index.Search(World.Embed(2, 3), found);
            return found[0].Row;
        }
    }

    [Theory]
    [InlineData(50, 100, true)]
    [InlineData(51, 100, false)]
    [InlineData(1, -5, false)]
    public void HasRoomFor_AFile_LeavesAsMuchAgain(long bytes, long left, bool expected) => Assert.Equal(expected, IndexMemory.HasRoomFor(bytes, left));

    [Fact]
    public async Task LoadAsync_WithoutIndex_BuildsAnExactOneForFewItems()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(World.Content());
        LoadedBundle loaded = await LoadAsync(bundle);
        using Snapshot snapshot = loaded.Snapshot;

        Assert.False(loaded.IndexFromFile);
        Assert.Empty(loaded.Warnings);
        Assert.Equal(IndexKind.Exact, snapshot.Index.Kind);
        Assert.Equal(1, snapshot.Index.Tuning!.Recall);
        Assert.True(snapshot.Index.Tuning.Latency > TimeSpan.Zero);
    }

    [Theory]
    [InlineData(ItemIndexKind.Exact, IndexKind.Exact)]
    [InlineData(ItemIndexKind.Fast, IndexKind.Fast)]
    [InlineData(ItemIndexKind.Compact, IndexKind.Compact)]
    public async Task LoadAsync_WithAKindOfItsOwn_BuildsThat(ItemIndexKind wanted, IndexKind expected)
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(World.Content());
        LoadedBundle loaded = await LoadAsync(bundle, new ItemIndexOptions { Kind = wanted, TargetRecall = 0.9, Threads = 2 });
        using Snapshot snapshot = loaded.Snapshot;

        Assert.Equal(expected, snapshot.Index.Kind);
        Assert.Equal(0.9, snapshot.Index.Tuning!.TargetRecall);
        Assert.InRange(snapshot.Index.Tuning.Recall, 0.9, 1);
    }

    [Fact]
    public async Task LoadAsync_WithAnIndexOfAnotherKindThanWanted_BuildsTheWantedOneAndSaysSo()
    {
        using WrittenBundle bundle = await WriteAsync(IndexKind.Compact);
        LoadedBundle loaded = await LoadAsync(bundle, new ItemIndexOptions { Kind = ItemIndexKind.Fast });
        using Snapshot snapshot = loaded.Snapshot;

        Assert.Equal((IndexKind.Fast, false), (snapshot.Index.Kind, loaded.IndexFromFile));
        Assert.Contains("index.bin: is of kind Compact, and Inference:Index:Kind is Fast", Assert.Single(loaded.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoadAsync_WithAnIndexOverOtherVectors_RefusesIt()
    {
        var other = new SmallWorld(Items, seed: 2);
        await RefuseAsync(Vectors(other), Metric.InnerProduct, "holds another vector for row 0 than the item embeddings");
    }

    [Fact]
    public async Task LoadAsync_WithAnIndexOfFewerRows_RefusesIt() =>
        await RefuseAsync(Vectors(World).AsMemory(SmallWorld.Dimension), Metric.InnerProduct, "has 599 rows; the catalogue has 600 items");

    [Fact]
    public async Task LoadAsync_WithAnIndexOfAnotherMetric_RefusesIt() =>
        await RefuseAsync(Vectors(World), Metric.L2, "compares by l2; the bundle's metric is ip");

    [Fact]
    public async Task LoadAsync_WithAnIndexOfAnotherDimension_RefusesIt() =>
        await RefuseAsync(new float[Items * 9], Metric.InnerProduct, "has vectors of 9 dimensions; the bundle's have 8", dimension: 9);

    [Fact]
    public async Task LoadAsync_WithACutIndex_RefusesItWithAndWithoutHash()
    {
        using WrittenBundle bundle = await WriteAsync(IndexKind.Fast);
        byte[] whole = await File.ReadAllBytesAsync(bundle["index.bin"]);
        bundle.Replace("index.bin", whole[..(whole.Length / 2)]);
        await bundle.RefuseAsync("index.bin");
        bundle.EditManifest(manifest => manifest["files"]!.AsObject().Remove("index.bin"));
        await bundle.RefuseAsync("index.bin");
    }

    [Fact]
    public async Task LoadAsync_WithADamagedIndexThatHasNoHash_FindsTheDamage()
    {
        using WrittenBundle bundle = await WriteAsync(IndexKind.Fast);
        byte[] content = await File.ReadAllBytesAsync(bundle["index.bin"]);
        content[^5000] ^= 0x10;
        bundle.Replace("index.bin", content);
        bundle.EditManifest(manifest => manifest["files"]!.AsObject().Remove("index.bin"));
        await bundle.RefuseAsync("damaged");
    }

    [Fact]
    public void Build_WithMoreItemsThanMayBeBuilt_ScansThemAndSaysSo()
    {
        const int many = ItemIndexOptions.FewItems + 1;
        var random = new Random(5);
        using VectorMatrix rows = VectorMatrix.Create(many, 4, (_, vector) =>
        {
            for (int i = 0; i < 4; i++)
                vector[i] = random.NextSingle() - 0.5f;
        });
        var warnings = new List<string>();
        using VectorIndex index = ItemIndex.Build(rows, Metric.Cosine, new ItemIndexOptions { MaxItemsToBuild = ItemIndexOptions.FewItems }, warnings, CancellationToken.None);

        Assert.Equal(IndexKind.Exact, index.Kind);
        Assert.Contains("there is no 'index' for 20001 items", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task BuildIndex_ForFewItems_LeavesItToTheScanUnlessAGraphIsNamed()
    {
        using OpenedTowers towers = OpenedTowers.Open(World.Content(), new TowerOptions(), NullLogger.Instance);
        ReadOnlyMemory<float> items = await towers.EmbedItemsAsync();
        float[] users = [.. Enumerable.Range(0, 30).SelectMany(row => World.Embed(1, row))];

        Assert.Null(towers.BuildIndex(items, users, new ItemIndexOptions()));
        Assert.Null(towers.BuildIndex(items, users, new ItemIndexOptions { Kind = ItemIndexKind.Exact }));
        using VectorIndex? graph = towers.BuildIndex(items, users, new ItemIndexOptions { Kind = ItemIndexKind.Compact });
        Assert.Equal((IndexKind.Compact, 30), (graph!.Kind, graph.Tuning!.Queries));
    }

    [Fact]
    public async Task WriteAsync_WithAnIndexOfOtherItems_Throws()
    {
        using var folder = new TemporaryFolder();
        using VectorIndex index = Build(Vectors(World), SmallWorld.Dimension, Metric.L2, IndexKind.Exact);
        await Assert.ThrowsAsync<ArgumentException>(() => BundleWriter.WriteAsync(folder["1"], World.Content() with { Index = index }));
    }

    private static async Task<WrittenBundle> WriteAsync(IndexKind kind)
    {
        using VectorIndex index = Build(Vectors(World), SmallWorld.Dimension, Metric.InnerProduct, kind);
        return await WrittenBundle.CreateAsync(World.Content() with { Index = index });
    }

    private static async Task RefuseAsync(ReadOnlyMemory<float> vectors, Metric metric, string reason, int dimension = SmallWorld.Dimension)
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(World.Content());
        using (VectorIndex index = Build(vectors, dimension, metric, IndexKind.Compact))
            index.Save(bundle["index.bin"]);
        bundle.Add("index", "index.bin", await File.ReadAllBytesAsync(bundle["index.bin"]));
        await bundle.RefuseAsync(reason);
    }

    private static VectorIndex Build(ReadOnlyMemory<float> vectors, int dimension, Metric metric, IndexKind kind)
    {
        using VectorMatrix rows = VectorMatrix.Create(vectors.Span, dimension);
        return IndexBuilder.Build(rows, metric, new IndexOptions { Kind = kind, Threads = 2 });
    }

    private static float[] Vectors(SmallWorld world) => [.. Enumerable.Range(0, Items).SelectMany(world.ItemVector)];

    private static Task<LoadedBundle> LoadAsync(WrittenBundle bundle, ItemIndexOptions? options = null) =>
        BundleLoader.LoadAsync(bundle.Path, new TowerOptions(), null, NullLogger.Instance, index: options);
}
