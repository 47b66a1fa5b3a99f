using System.Numerics;

namespace Inference.Towers.Encoders;

/// <summary>Writes the model's id of each item of the history, and the padding id elsewhere.</summary>
internal sealed class HistoryIdsEncoder<T>(T[] idByRow, T pad, HistoryLayout layout) : InputEncoder<T>
    where T : unmanaged, INumberBase<T>
{
    public override void Encode(in TowerRow row, Span<T> destination)
    {
        ReadOnlySpan<int> history = row.History;
        destination.Fill(pad);
        Span<T> real = destination.Slice(layout.FirstColumn(history.Length, destination.Length), history.Length);
        for (int place = 0; place < real.Length; place++)
            real[place] = idByRow[history[layout.ItemAt(place, history.Length)]];
    }
}
