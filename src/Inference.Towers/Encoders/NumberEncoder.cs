using System.Numerics;

namespace Inference.Towers.Encoders;

/// <summary>Writes a scaled and shifted number.</summary>
internal sealed class NumberEncoder<T>(string feature, double scale, double offset, T missing) : InputEncoder<T>
    where T : unmanaged, INumberBase<T>
{
    public override void Encode(in TowerRow row, Span<T> destination) =>
        destination[0] = row.TryGetNumber(feature, out double number) ? Element.Of<T>(number * scale + offset) : missing;
}
