using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Training.Evaluation;
using Inference.Training.Fused;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace UnitTests.Training.Fused;

/// <summary>The small shop, trained twice with the same seed: once into a bundle that is loaded, once into a model in memory, with another number of threads.</summary>
public sealed class TrainedShop : IAsyncLifetime
{
    internal FusedFolder Folder { get; } = new();

    internal EvaluationInputs Inputs { get; private set; } = null!;

    internal TrainingReport Report { get; private set; } = null!;

    internal LoadedBundle Bundle { get; private set; } = null!;

    internal TrainedModel Model { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Inputs = Folder.Inputs();
        FusedOptions options = FusedFolder.QuickOptions;
        string target = Folder.File("models/shop/1");
        Report = await BundleTrainer.TrainAsync(Inputs, target, "shop", "1", options, "cafe", overwrite: false, TimeProvider.System, NullLogger.Instance, Begin, CancellationToken.None);
        Bundle = await BundleLoader.LoadAsync(target, new TowerOptions(), null, NullLogger.Instance);
        Model = FusedTrainer.Train(
            TrainingSet.Of(Inputs.Data, Inputs.Split), Inputs.Judge, options with { Towers = options.Towers with { Threads = 1 } }, Begin, CancellationToken.None);
    }

    public Task DisposeAsync()
    {
        Model.Dispose();
        Bundle.Snapshot.Dispose();
        Folder.Dispose();
        return Task.CompletedTask;
    }

    internal static IProgress<double> Begin(string step) => new Progress<double>();
}
