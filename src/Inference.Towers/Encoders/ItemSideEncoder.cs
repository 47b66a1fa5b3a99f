using System.Numerics;

namespace Inference.Towers.Encoders;

/// <summary>Lets an encoder read the item of a pair instead of the user.</summary>
internal sealed class ItemSideEncoder<T>(InputEncoder<T> encoder) : InputEncoder<T>
    where T : unmanaged, INumberBase<T>
{
    public override void Encode(in TowerRow row, Span<T> destination) => encoder.Encode(row.Item(), destination);
}
