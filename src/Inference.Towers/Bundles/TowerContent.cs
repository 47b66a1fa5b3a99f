using Inference.Towers.Manifests;

namespace Inference.Towers.Bundles;

/// <summary>A tower that goes into a bundle.</summary>
public sealed record TowerContent
{
    /// <summary>Content of the .onnx file.</summary>
    public required ReadOnlyMemory<byte> Model { get; init; }

    /// <summary>How its inputs are fed. <see cref="TowerManifest.File"/> may be absent; the writer names the file.</summary>
    public required TowerManifest Manifest { get; init; }

    /// <summary>Files with weights that the model keeps outside of itself: the name that the model knows, and the path to copy from.</summary>
    public IReadOnlyDictionary<string, string> ExternalData { get; init; } = new Dictionary<string, string>();
}
