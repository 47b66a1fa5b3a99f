using System.Numerics;

namespace Inference.Towers.Encoders;

/// <summary>Writes what several encoders give, left to right.</summary>
internal sealed class ColumnsEncoder<T>(InputEncoder<T>[] encoders, int[] widths) : InputEncoder<T>
    where T : unmanaged, INumberBase<T>
{
    public override void Encode(in TowerRow row, Span<T> destination)
    {
        int start = 0;
        for (int i = 0; i < encoders.Length; i++)
        {
            encoders[i].Encode(row, destination.Slice(start, widths[i]));
            start += widths[i];
        }
    }
}
