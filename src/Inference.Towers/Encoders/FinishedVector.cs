using System.Numerics;
using Inference.Recommendations.Features;

namespace Inference.Towers.Encoders;

/// <summary>Features that already are vectors in the model's form.</summary>
internal static class FinishedVector
{
    /// <summary>Copies a list of numbers of exactly the destination's length; false, with nothing written, for anything else.</summary>
    public static bool TryWrite<T>(in FeatureValue value, Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        if (value.Kind == FeatureKind.NumberList && value.NumberList.Count == destination.Length)
        {
            IReadOnlyList<double> numbers = value.NumberList;
            for (int i = 0; i < destination.Length; i++)
                destination[i] = Element.Of<T>(numbers[i]);
            return true;
        }

        if (value.Kind == FeatureKind.IntegerList && value.IntegerList.Count == destination.Length)
        {
            IReadOnlyList<long> numbers = value.IntegerList;
            for (int i = 0; i < destination.Length; i++)
                destination[i] = Element.Of<T>(numbers[i]);
            return true;
        }

        return false;
    }
}
