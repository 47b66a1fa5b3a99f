using System.Numerics;

namespace Inference.Towers.Encoders;

/// <summary>Writes the id of a number's bucket.</summary>
internal sealed class BucketsEncoder<T>(string feature, double[] boundaries, bool right, long firstId, T missing) : InputEncoder<T>
    where T : unmanaged, INumberBase<T>
{
    public override void Encode(in TowerRow row, Span<T> destination) =>
        destination[0] = row.TryGetNumber(feature, out double number) ? Element.Of<T>(firstId + BucketsSpec.BucketOf(boundaries, number, right)) : missing;
}
