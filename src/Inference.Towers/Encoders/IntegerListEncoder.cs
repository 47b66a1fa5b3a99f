using System.Numerics;
using Inference.Recommendations.Features;

namespace Inference.Towers.Encoders;

/// <summary>Writes a list of whole numbers, clamped, and padding after it.</summary>
internal sealed class IntegerListEncoder<T>(string feature, long min, long max, bool keepLast, T pad) : InputEncoder<T>
    where T : unmanaged, INumberBase<T>
{
    public override void Encode(in TowerRow row, Span<T> destination)
    {
        destination.Fill(pad);
        if (!row.Features.TryGet(feature, out FeatureValue value) || value.Kind != FeatureKind.IntegerList)
            return;
        IReadOnlyList<long> numbers = value.IntegerList;
        int count = Math.Min(numbers.Count, destination.Length);
        int first = keepLast ? numbers.Count - count : 0;
        for (int i = 0; i < count; i++)
            destination[i] = Element.Of<T>(Math.Clamp(numbers[first + i], min, max));
    }
}
