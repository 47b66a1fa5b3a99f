using System.Numerics;
using Inference.Recommendations.Features;

namespace Inference.Towers.Encoders;

/// <summary>Writes a 1 for each known category, or a finished vector as it is; unknown categories leave no trace.</summary>
internal sealed class MultiHotEncoder<T>(string feature, Vocabulary vocabulary) : InputEncoder<T>
    where T : unmanaged, INumberBase<T>
{
    public override void Encode(in TowerRow row, Span<T> destination)
    {
        if (row.Features.TryGet(feature, out FeatureValue value) && FinishedVector.TryWrite(value, destination))
            return;
        destination.Clear();
        if (value.Kind == FeatureKind.Text)
        {
            Set(value.Text, destination);
        }
        else if (value.Kind == FeatureKind.TextList)
        {
            IReadOnlyList<string> texts = value.TextList;
            for (int i = 0; i < texts.Count; i++)
                Set(texts[i], destination);
        }
    }

    private void Set(string text, Span<T> destination)
    {
        if (vocabulary.TryGetPlace(text, out int place))
            destination[place] = T.One;
    }
}
