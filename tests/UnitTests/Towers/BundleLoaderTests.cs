using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Bundles;
using Inference.Vectors;
using Xunit;

namespace UnitTests.Towers;

public sealed class BundleLoaderTests
{
    [Fact]
    public async Task LoadAsync_WithWrittenBundle_ServesWhatWasWritten()
    {
        using var folder = new TemporaryFolder();
        var world = new SmallWorld();
        await BundleWriter.WriteAsync(folder["1"], world.Content());

        LoadedBundle loaded = await SmallWorld.LoadAsync(folder["1"]);

        using Snapshot snapshot = loaded.Snapshot;
        Assert.Equal("small/1", snapshot.Model.FullVersion);
        Assert.Equal(world.ItemCount, snapshot.Items.Count);
        Assert.Equal(4, loaded.GoldenCases);
        Assert.Equal(["item-1", "item-2"], loaded.Users["ann"].History);
        Assert.Equal("Spain", loaded.Users["ann"].Features["country"].Text);
        Assert.Equal(2, snapshot.Popularity.Ranked[0].Row);
        Assert.Equal(1f, snapshot.Popularity.RateOf(2));
        var embedding = new float[SmallWorld.Dimension];
        await snapshot.UserTower.EncodeAsync(
            new[] { new UserTowerInput(new FeatureSet(SmallWorld.Features(("country", FeatureValue.Of("France")))), new[] { 3, 5 }) }, embedding, CancellationToken.None);
        Assert.Equal(world.Embed(1, 3, 5), embedding, Close);
        Assert.Equal(embedding.Zip(world.ItemVector(7), (a, b) => a * b).Sum(), snapshot.Index.Score(embedding, 7), 1e-5f);
    }

    private static bool Close(float expected, float actual) => MathF.Abs(expected - actual) < 1e-5f;
}
