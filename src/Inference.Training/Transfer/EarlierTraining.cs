using Inference.Towers.Bundles;
using Inference.Towers.Manifests;
using Inference.Training.TwoTower;

namespace Inference.Training.Transfer;

/// <summary>What a training goes on from: the state that travels with a bundle, and the space that the new one names as its parent.</summary>
/// <param name="Towers">Weights with what their rows stand for.</param>
/// <param name="EmbeddingSpaceId">The bundle's space; null where its manifest leaves it to be derived.</param>
public sealed record EarlierTraining(TwoTowerState Towers, string? EmbeddingSpaceId)
{
    /// <summary>Reads a bundle's manifest and its training state, and nothing else of it.</summary>
    /// <param name="folder">Folder of the bundle.</param>
    /// <exception cref="BundleException">The manifest is missing or wrong.</exception>
    /// <exception cref="InvalidDataException">The bundle has no training state, or a damaged one.</exception>
    public static EarlierTraining Of(string folder)
    {
        BundleManifest manifest = BundleLoader.ReadManifest(folder);
        if (manifest.TrainingState is not { } file)
            throw new InvalidDataException($"The bundle '{folder}' has no training state: it was not made by training, or it was left out. Train anew, or distil from it.");
        return new EarlierTraining(TwoTowerState.Load(Path.Combine(folder, file)), manifest.EmbeddingSpaceId);
    }
}
