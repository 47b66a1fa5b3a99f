using System.Numerics;
using Inference.Recommendations.Features;

namespace Inference.Towers.Encoders;

/// <summary>Writes a list of numbers of the right length, or the value for missing ones in every column.</summary>
internal sealed class NumberListEncoder<T>(string feature, T missing) : InputEncoder<T>
    where T : unmanaged, INumberBase<T>
{
    public override void Encode(in TowerRow row, Span<T> destination)
    {
        if (!row.Features.TryGet(feature, out FeatureValue value) || !FinishedVector.TryWrite(value, destination))
            destination.Fill(missing);
    }
}
