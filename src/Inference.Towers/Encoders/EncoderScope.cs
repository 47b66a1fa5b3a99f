using Inference.Recommendations.Snapshots;

namespace Inference.Towers.Encoders;

/// <summary>What encoders know of the bundle.</summary>
/// <param name="Items">The catalogue.</param>
/// <param name="IdInputs">The items' own input ids by row, where they have them.</param>
/// <param name="History">How histories become columns; null for a tower without.</param>
internal sealed record EncoderScope(ItemCatalogue Items, long[]? IdInputs, HistoryLayout? History)
{
    /// <summary>The model's id of every row: the item's own, or the row number, plus an offset.</summary>
    public long[] ModelIds(string? ids, long offset)
    {
        var byRow = new long[Items.BundleRows];
        for (int row = 0; row < byRow.Length; row++)
            byRow[row] = offset + (ids == ItemIds.IdInput ? IdInputs![row] : row);
        return byRow;
    }
}
