using Inference.Training.Splits;

namespace Inference.Training.Linear;

/// <summary>
/// How often items go together: the matrix XᵀX of the user × item lists, whose entry (i, j) counts the users that have both. Made once and shared by all item-to-item models.
/// Item by item on all cores; whole numbers, so exact and the same whatever the number of cores.
/// </summary>
public sealed class SparseGram
{
    public const int LargestComplete = 20_000;
    public const int NeighboursBeyond = 1_000;

    private SparseGram(SparseRows pairs, int[] counts, int users)
    {
        Pairs = pairs;
        Counts = counts;
        Users = users;
    }

    /// <summary>The counts beside the diagonal. Symmetric, unless neighbours were left out.</summary>
    public SparseRows Pairs { get; }

    /// <summary>The diagonal: users per item.</summary>
    public int[] Counts { get; }

    public int Users { get; }

    public int Items => Counts.Length;

    /// <param name="lists">Item indexes per user, no item twice; those from <paramref name="items"/> on are left out.</param>
    /// <param name="items">Number of items.</param>
    /// <param name="maxNeighbours">Most pairs to keep per item: those with the highest counts, of equal ones the lower index. Bounds memory for big catalogues (8 bytes
    /// per pair). Null for all up to <see cref="LargestComplete"/> items, and <see cref="NeighboursBeyond"/> beyond.</param>
    /// <exception cref="InvalidOperationException">More pairs than an array holds.</exception>
    public static SparseGram Of(RowLists lists, int items, int? maxNeighbours = null)
    {
        int limit = maxNeighbours ?? (items <= LargestComplete ? int.MaxValue : NeighboursBeyond);
        ItemUsers byItem = ItemUsers.Of(lists, items);
        var rows = new (int[] Columns, float[] Values)[items];
        int[] counts = new int[items];
        Parallel.For(0, items, () => new RowAccumulator(items), (item, _, row) =>
        {
            ReadOnlySpan<int> users = byItem.Users[item];
            counts[item] = users.Length;
            foreach (int user in users)
            {
                foreach (int other in lists[user])
                {
                    if (other < items)
                        row.Add(other, 1);
                }
            }

            rows[item] = row.Take(item, limit);
            return row;
        }, static _ => { });
        return new SparseGram(SparseRows.Join(rows), counts, lists.Count);
    }

    /// <summary>The whole matrix, the diagonal included, items × items.</summary>
    /// <param name="diagonal">What is added to the diagonal.</param>
    public T[] ToDense<T>(T diagonal)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        T[] dense = new T[(long)Items * Items];
        Parallel.For(0, Items, item =>
        {
            long first = (long)item * Items;
            ReadOnlySpan<int> columns = Pairs.ColumnsOf(item);
            ReadOnlySpan<float> values = Pairs.ValuesOf(item);
            for (int i = 0; i < columns.Length; i++)
                dense[first + columns[i]] = T.CreateTruncating(values[i]);
            dense[first + item] = T.CreateTruncating(Counts[item]) + diagonal;
        });
        return dense;
    }
}
