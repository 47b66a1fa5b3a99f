using Inference.Towers.Bundles;
using Inference.Towers.Manifests;
using Inference.Training.Transfer;
using Inference.Training.TwoTower;
using UnitTests.Towers;
using UnitTests.Training.TwoTower;
using Xunit;

namespace UnitTests.Training.Transfer;

public sealed class EarlierTrainingTests
{
    [Fact]
    public async Task Of_ABundleWithState_IsWhatWasWritten()
    {
        var world = new TowerWorld(users: 60, perKind: 4);
        TwoTowerState state = TwoTowerTrainer.Train(new TwoTowerOptions { Dimension = 16, Hidden = 16, ContextSteps = 0, Steps = 0, Threads = 1 }, world.Split, world.Contexts, world.Traits with { DenseNames = ["a=1", ""] }).State;
        using var bundle = await WrittenBundle.CreateAsync(new SmallWorld().Content() with { TrainingState = state.Save, EmbeddingSpaceId = "space" });

        EarlierTraining earlier = EarlierTraining.Of(bundle.Path);

        Assert.Equal("space", earlier.EmbeddingSpaceId);
        Assert.Equal(state.TrainingItemIds, earlier.Towers.TrainingItemIds);
        Assert.Equal(["a=1", ""], earlier.Towers.DenseNames);
        Assert.Equal(state.Weights.Values, earlier.Towers.Weights.Values);
        Assert.Equal("training_state.bin", BundleLoader.ReadManifest(bundle.Path).TrainingState);

        // The server does not read it, but a wrong hash is no bundle.
        LoadedBundle loaded = await SmallWorld.LoadAsync(bundle.Path);
        loaded.Snapshot.Dispose();
        byte[] content = File.ReadAllBytes(bundle["training_state.bin"]);
        content[^1] ^= 1;
        File.WriteAllBytes(bundle["training_state.bin"], content);
        Assert.Contains("training_state.bin", (await Assert.ThrowsAsync<BundleException>(() => SmallWorld.LoadAsync(bundle.Path))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_ABundleWithoutState_SaysSo()
    {
        using var bundle = await WrittenBundle.CreateAsync();
        Assert.Null(BundleLoader.ReadManifest(bundle.Path).TrainingState);
        Assert.Contains("no training state", Assert.Throws<InvalidDataException>(() => EarlierTraining.Of(bundle.Path)).Message, StringComparison.Ordinal);
    }
}
