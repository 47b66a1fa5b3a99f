using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Import;
using Inference.Vectors;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace UnitTests.Towers;

/// <summary>The towers of a real exporter, end to end: import, write, load, and every golden case as it was in PyTorch.</summary>
public sealed class RetailTests
{
    private const string Towers = "towers/online-retail";
    private const string Data = "data/online-retail";

    [SkippableFact]
    public async Task LoadAsync_WithImportedRetailTowers_AnswersTheGoldenCases()
    {
        using var folder = new TemporaryFolder();
        BundleContent content = await BundleImport.ReadAsync(new BundleImportOptions { Towers = SharedFolder.Require(Towers), Data = SharedFolder.Require(Data) });
        await BundleWriter.WriteAsync(folder["1"], content);

        LoadedBundle loaded = await SmallWorld.LoadAsync(folder["1"]);

        using Snapshot snapshot = loaded.Snapshot;
        Assert.Equal(8, loaded.GoldenCases);
        Assert.Equal(3388, snapshot.Items.Count);
        Assert.Equal(3314, loaded.Users.Count);
        Assert.Equal(162426, loaded.Users.Values.Sum(user => user.History.Count));
        Assert.Equal("INFLATABLE POLITICAL GLOBE", snapshot.Items.TitleOf(0));
        Assert.Empty(loaded.Warnings);
    }

    [SkippableFact]
    public async Task LoadAsync_WithTowersAlone_AnswersTheGoldenCases()
    {
        using var folder = new TemporaryFolder();
        await BundleWriter.WriteAsync(folder["1"], await BundleImport.ReadAsync(new BundleImportOptions { Towers = SharedFolder.Require(Towers) }));

        LoadedBundle loaded = await SmallWorld.LoadAsync(folder["1"]);

        loaded.Snapshot.Dispose();
        Assert.Equal(8, loaded.GoldenCases);
        Assert.Empty(loaded.Users);
    }

    [SkippableFact]
    public async Task ItemTower_OverImportedFeatures_GivesTheReferenceVectors()
    {
        string towers = SharedFolder.Require(Towers);
        BundleContent content = await BundleImport.ReadAsync(new BundleImportOptions { Towers = towers, Data = SharedFolder.Require(Data), IncludeColdItems = true });
        float[] reference = NpyFile.Read(Path.Combine(towers, "item_embeddings.npy"), out int rows, out int columns);

        using OpenedTowers opened = OpenedTowers.Open(content, new TowerOptions(), NullLogger.Instance);
        ReadOnlyMemory<float> embeddings = await opened.EmbedItemsAsync();

        Assert.Equal((3642, 64), (rows, columns));
        Assert.Equal(reference.Length, embeddings.Length);
        Assert.Equal(0, Furthest(reference, embeddings.Span), 1e-5);
    }

    [SkippableFact]
    public async Task UserTower_WithoutData_IsTheSameAsWithNaturalFeatures()
    {
        string towers = SharedFolder.Require(Towers);
        using OpenedTowers natural = OpenedTowers.Open(
            await BundleImport.ReadAsync(new BundleImportOptions { Towers = towers, Data = SharedFolder.Require(Data) }), new TowerOptions(), NullLogger.Instance);
        var features = new FeatureSet(SmallWorld.Features(("country", FeatureValue.Of("Atlantis")), ("hour", FeatureValue.Of(7)), ("weekday", FeatureValue.Of(99))));
        var embedding = new float[64];

        await natural.User.EncodeAsync(new[] { new UserTowerInput(features, new[] { 5, 6, 7 }) }, embedding, CancellationToken.None);

        Assert.All(embedding, component => Assert.True(float.IsFinite(component)));
    }

    private static double Furthest(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        double furthest = 0;
        for (int i = 0; i < expected.Length; i++)
            furthest = Math.Max(furthest, Math.Abs((double)expected[i] - actual[i]));
        return furthest;
    }
}
