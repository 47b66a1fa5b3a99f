namespace Inference.Training.Models;

/// <summary>Compact lists of the strongest weights from each history item to candidates.</summary>
/// <param name="Offsets">Items + 1 places: the list of item i is at <c>Offsets[i] .. Offsets[i + 1]</c>.</param>
/// <param name="Items">Candidates, strongest first.</param>
/// <param name="Weights">Their weights, which may be negative.</param>
/// <param name="ShareKept">Σ |weight| of the lists over Σ |weight| of the whole matrix, 0 to 1; 1 for an empty matrix.</param>
public sealed record NeighbourLists(int[] Offsets, int[] Items, float[] Weights, double ShareKept)
{
    public int Count => Offsets.Length - 1;

    internal static NeighbourLists Join((int[] Items, float[] Weights, double Kept, double All)[] rows)
    {
        int[] offsets = new int[rows.Length + 1];
        double kept = 0, all = 0;
        for (int row = 0; row < rows.Length; row++)
        {
            offsets[row + 1] = checked(offsets[row] + rows[row].Items.Length);
            kept += rows[row].Kept;
            all += rows[row].All;
        }

        int[] items = new int[offsets[^1]];
        float[] weights = new float[offsets[^1]];
        for (int row = 0; row < rows.Length; row++)
        {
            rows[row].Items.CopyTo(items, offsets[row]);
            rows[row].Weights.CopyTo(weights, offsets[row]);
        }

        return new NeighbourLists(offsets, items, weights, all > 0 ? kept / all : 1);
    }
}
