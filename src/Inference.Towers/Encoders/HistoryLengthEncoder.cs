using System.Numerics;

namespace Inference.Towers.Encoders;

/// <summary>Writes the number of items that the tower is given.</summary>
internal sealed class HistoryLengthEncoder<T>(int least) : InputEncoder<T>
    where T : unmanaged, INumberBase<T>
{
    public override void Encode(in TowerRow row, Span<T> destination) => destination[0] = Element.Of<T>(Math.Max(row.History.Length, least));
}
