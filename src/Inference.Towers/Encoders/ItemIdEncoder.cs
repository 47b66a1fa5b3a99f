using System.Numerics;
using Inference.Recommendations.Snapshots;

namespace Inference.Towers.Encoders;

/// <summary>Writes the model's id of an item of the bundle, or the id of unknown items.</summary>
internal sealed class ItemIdEncoder<T>(ItemCatalogue items, T[] idByRow, T unknown) : InputEncoder<T>
    where T : unmanaged, INumberBase<T>
{
    public override void Encode(in TowerRow row, Span<T> destination)
    {
        if (row.Items is not null)
            destination[0] = row.ItemRow < idByRow.Length ? idByRow[row.ItemRow] : unknown;
        else
            destination[0] = items.TryGetBundleRow(row.ItemId, out int place) ? idByRow[place] : unknown;
    }
}
