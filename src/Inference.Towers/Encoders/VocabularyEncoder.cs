using System.Numerics;
using Inference.Recommendations.Features;

namespace Inference.Towers.Encoders;

/// <summary>Writes the id of one category.</summary>
internal sealed class VocabularyEncoder<T>(string feature, Vocabulary vocabulary, long firstId, T unknown, T missing) : InputEncoder<T>
    where T : unmanaged, INumberBase<T>
{
    public override void Encode(in TowerRow row, Span<T> destination)
    {
        if (!row.Features.TryGet(feature, out FeatureValue value) || value.Kind is not (FeatureKind.Text or FeatureKind.Integer))
            destination[0] = missing;
        else
            destination[0] = vocabulary.TryGetPlace(value, out int place) ? Element.Of<T>(firstId + place) : unknown;
    }
}
