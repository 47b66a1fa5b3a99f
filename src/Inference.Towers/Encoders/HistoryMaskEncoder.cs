using System.Numerics;

namespace Inference.Towers.Encoders;

/// <summary>Writes one value where the history has an item and another where it is padded.</summary>
internal sealed class HistoryMaskEncoder<T>(T real, T pad, HistoryLayout layout) : InputEncoder<T>
    where T : unmanaged, INumberBase<T>
{
    public override void Encode(in TowerRow row, Span<T> destination)
    {
        destination.Fill(pad);
        destination.Slice(layout.FirstColumn(row.History.Length, destination.Length), row.History.Length).Fill(real);
    }
}
