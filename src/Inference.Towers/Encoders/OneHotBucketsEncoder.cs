using System.Numerics;
using Inference.Recommendations.Features;

namespace Inference.Towers.Encoders;

/// <summary>Writes one 1 at a number's bucket, or a finished vector as it is.</summary>
internal sealed class OneHotBucketsEncoder<T>(string feature, double[] boundaries, bool right) : InputEncoder<T>
    where T : unmanaged, INumberBase<T>
{
    public override void Encode(in TowerRow row, Span<T> destination)
    {
        if (row.TryGetNumber(feature, out double number))
        {
            destination.Clear();
            destination[BucketsSpec.BucketOf(boundaries, number, right)] = T.One;
        }
        else if (!row.Features.TryGet(feature, out FeatureValue value) || !FinishedVector.TryWrite(value, destination))
        {
            destination.Clear();
        }
    }
}
