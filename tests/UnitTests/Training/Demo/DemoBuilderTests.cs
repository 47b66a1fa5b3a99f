using System.Security.Cryptography;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Training.Demo;
using Inference.Training.Profiles;
using Inference.Vectors;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace UnitTests.Training.Demo;

/// <summary>Demo worlds on the disk, with real models: the files, and how well they recommend.</summary>
public sealed class DemoBuilderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("demo").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Build_WithSameSeed_WritesIdenticalFiles()
    {
        var options = new DemoOptions { Items = 300, Users = 200, Dimension = 16, Seed = 5 };
        await BuildAsync(options, "a");
        await BuildAsync(options, "b");
        SortedDictionary<string, string> a = Hashes("a"), b = Hashes("b");
        Assert.Equal(a, b);
        foreach (string file in (string[])["demo/1/manifest.json", "demo/1/user_tower.onnx", "demo/1/profiles.json", "demo-data/events.csv", "demo-data/users.csv", "demo-data/items.csv", "demo-data/truth/truth.json", "demo-data/truth/heldout.csv"])
            Assert.Contains(file, a.Keys);
    }

    [Fact]
    public async Task Build_OfAShop_RecommendsClearlyBetterThanPopularity()
    {
        DemoReport report = await BuildAsync(new DemoOptions { Items = 3000, Users = 2000, Dimension = 32, Seed = 1 }, "shop");
        double Hits(string name, string audience) => Assert.Single(report.Scores, score => score.Name == name && score.Audience == audience).HitRate;

        // 1,000 seen and 200 unseen users: one standard deviation is 1.5 and 3.5 points.
        Assert.True(Hits("towers", "seen") > 1.5 * Hits("popularity", "seen"), Show(report));
        Assert.True(Hits("cluster_profile", "unseen") > 1.15 * Hits("popularity", "unseen"), Show(report));
        // Nobody beats the truth, but for luck.
        Assert.True(Hits("oracle", "seen") > Hits("towers", "seen"), Show(report));
        Assert.True(Hits("oracle", "unseen") > Hits("cluster_profile", "unseen") - 0.03, Show(report));
        Assert.InRange(report.Profiles, 2, 32);
    }

    [Fact]
    public async Task Build_MakesAnItemTowerThatPlacesNewItems()
    {
        var options = new DemoOptions { Items = 3000, Users = 200, Dimension = 24, Seed = 3 };
        DemoReport report = await BuildAsync(options, "new");
        LoadedBundle loaded = await BundleLoader.LoadAsync(report.Bundle, new TowerOptions(), null, NullLogger.Instance);
        DemoWorld world = DemoWorld.Draw(options);
        var content = new DemoContent(world);
        using (loaded.Snapshot)
        {
            // A new item's embedding must be nearer to the items whose truth it is like than to others.
            ItemTowerInput[] inputs = [.. Enumerable.Range(options.Items, world.Items.Count - options.Items).Select(row => new ItemTowerInput(DemoItems.IdOf(row), new FeatureSet(content.FeaturesOf(row))))];
            float[] embeddings = new float[inputs.Length * options.Dimension];
            await loaded.Snapshot.ItemTower!.EncodeAsync(inputs, embeddings, CancellationToken.None);
            double likeness = 0;
            var nearest = new Neighbor[10];
            for (int i = 0; i < inputs.Length; i++)
            {
                loaded.Snapshot.Index.Search(embeddings.AsSpan(i * options.Dimension, options.Dimension), nearest);
                likeness += nearest.Average(neighbour => Cosine(world.Items.FactorsOf(options.Items + i), world.Items.FactorsOf(neighbour.Row))) / inputs.Length;
            }

            // Two items of the shop drawn at random have a cosine of about 0.1.
            Assert.True(likeness > 0.6, $"mean cosine {likeness}");
        }
    }

    [Fact]
    public async Task Build_WhereABundleIs_RefusesUnlessToldToOverwrite()
    {
        var options = new DemoOptions { Items = 100, Users = 50, Dimension = 8 };
        await BuildAsync(options, "twice");
        BundleExistsException refused = await Assert.ThrowsAsync<BundleExistsException>(() => BuildAsync(options, "twice"));
        Assert.EndsWith(Path.Combine("twice", "demo", "1"), refused.Folder, StringComparison.Ordinal);
        Assert.Equal(100, (await BuildAsync(options, "twice", overwrite: true)).Items);
    }

    private static string Show(DemoReport report) => string.Join(Environment.NewLine, report.Scores);

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => TasteSpace.Dot(a, b) / Math.Sqrt(TasteSpace.Dot(a, a) * TasteSpace.Dot(b, b));

    private Task<DemoReport> BuildAsync(DemoOptions options, string folder, bool overwrite = false) =>
        DemoBuilder.BuildAsync(options, Path.Combine(_folder, folder), overwrite, NullLogger.Instance, _ => new Progress<double>(), CancellationToken.None);

    private SortedDictionary<string, string> Hashes(string folder)
    {
        string root = Path.Combine(_folder, folder);
        var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
            hashes.Add(Path.GetRelativePath(root, file).Replace('\\', '/'), Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))));
        return hashes;
    }
}
