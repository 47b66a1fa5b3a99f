using System.Numerics;
using Inference.Vectors;

namespace Inference.Towers.DeviceSearch;

/// <summary>How many rows the device has to hand over so that enough are left.</summary>
internal static class DeviceSearchPlan
{
    /// <summary>Most rows that a query is given: more take the device longer to sort than the index to scan few.</summary>
    public const int MostWanted = 1024;

    /// <summary>Fewest rows that a run hands over for each query.</summary>
    private const int FewestWanted = 16;

    /// <summary>To what a number of wanted rows is padded.</summary>
    public static int Padded(int wanted) => Math.Min((int)Math.Max(FewestWanted, BitOperations.RoundUpToPowerOf2((uint)wanted)), MostWanted);

    /// <summary>Rows to fetch for a search; 0 where the index is to answer.</summary>
    /// <param name="results">Rows that are asked for.</param>
    /// <param name="filter">Which rows are eligible.</param>
    /// <param name="matrix">What the device searches.</param>
    /// <param name="absent">Rows of the index without a vector; deny sets hold them, the matrix does not.</param>
    public static int Fetch(int results, RowFilter filter, DeviceMatrix matrix, int absent)
    {
        // Allow sets come from requests and hold few rows: the index reads those alone.
        if (results == 0 || filter.Allowed is not null || matrix.Changed.IsFull || matrix.Vectors.Count == 0)
            return 0;
        int denied = Math.Max(0, (filter.Denied?.Count ?? 0) - absent);
        int changed = matrix.Changed.Rows.Length, count = matrix.Vectors.Count;
        if (denied > MostWanted || results > MostWanted)
            return 0;
        int sure = results + denied + Margin(results, matrix.Vectors.Half);
        // Changed rows stand among the best as often as any others do; what that guess misses is found out afterwards.
        int lost = Math.Min(changed, 8 + (int)(4L * sure * changed / count));
        int wanted = Math.Min(sure + lost, count);
        return wanted <= matrix.MostWanted ? wanted : 0;
    }

    /// <summary>Rows beyond those that are needed, because the device computes scores that differ a little from the index's: by rounding, or by the bits that a half lacks.</summary>
    private static int Margin(int results, bool half) => half ? Math.Max(32, results) : Math.Max(4, results / 8);
}
