using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Inference.Towers.Runtime;

namespace Inference.Towers.Import;

/// <summary>
/// Holds natural features against those in the model's own form: both have to give the item tower the same bytes. So a tokenizer or a boundary that differs from the
/// exporter's by a hair is found at import and not as a slightly worse model.
/// </summary>
internal sealed class FeatureCrossCheck
{
    private readonly List<(TensorInput Input, byte[] First, byte[] Second)> _inputs = [];

    public FeatureCrossCheck(TowerManifest tower)
    {
        // Inputs that are made of the item's id alone are the same in both forms.
        var scope = new EncoderScope(new ItemCatalogue([], []), null, null);
        foreach (InputManifest input in tower.Inputs!)
        {
            if (input.Encoder!.NeedsIdInputs || input.Encoder.Width is not int width || input.Dtype is null)
                continue;
            TensorInput tensor = TensorInput.Create(input.Name!, ElementTypes.Parse(input.Dtype), input.Encoder, width, [-1, width], scope);
            int bytes = tensor.RowBytes(columns: 1);
            _inputs.Add((tensor, new byte[bytes], new byte[bytes]));
        }
    }

    /// <summary>What differs between two forms of an item's features; null when nothing does.</summary>
    public string? Difference(string id, IReadOnlyDictionary<string, FeatureValue> exported, IReadOnlyDictionary<string, FeatureValue> natural)
    {
        foreach ((TensorInput input, byte[] first, byte[] second) in _inputs)
        {
            input.Encode(new TowerRow(new FeatureSet(exported), [], id), first);
            input.Encode(new TowerRow(new FeatureSet(natural), [], id), second);
            if (!first.AsSpan().SequenceEqual(second))
                return $"the input '{input.Name}' is not what the exporter computed";
        }

        return null;
    }
}
