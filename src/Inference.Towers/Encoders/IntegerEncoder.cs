using System.Numerics;

namespace Inference.Towers.Encoders;

/// <summary>Writes a clamped and shifted whole number.</summary>
internal sealed class IntegerEncoder<T>(string feature, long min, long max, long offset, T missing) : InputEncoder<T>
    where T : unmanaged, INumberBase<T>
{
    public override void Encode(in TowerRow row, Span<T> destination) =>
        destination[0] = row.TryGetInteger(feature, out long number) ? Element.Of<T>(Math.Clamp(number, min, max) + offset) : missing;
}
