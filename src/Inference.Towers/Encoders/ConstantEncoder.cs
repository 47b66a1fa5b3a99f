using System.Numerics;

namespace Inference.Towers.Encoders;

/// <summary>Writes the same elements for every row.</summary>
internal sealed class ConstantEncoder<T>(T[] values) : InputEncoder<T>
    where T : unmanaged, INumberBase<T>
{
    public override void Encode(in TowerRow row, Span<T> destination) => values.CopyTo(destination);
}
