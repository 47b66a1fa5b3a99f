using Inference.Training.Linear;
using Inference.Training.Splits;

namespace Inference.Training.Models;

/// <summary>Step 1 of <see cref="SequenceKnn"/>: how often and how closely items go together.</summary>
/// <param name="ByCandidate">Row j, column i: c(i → j).</param>
/// <param name="Users">Users per item.</param>
internal sealed record SequencePairs(SparseRows ByCandidate, int[] Users)
{
    /// <summary>Half-distances after which a pair adds next to nothing.</summary>
    private const double Reach = 8;

    public static SequencePairs Count(RowLists training, int items, RowLists? baskets, SequenceKnnOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.HalfDistance);
        ItemUsers byItem = ItemUsers.Of(training, items);
        ItemUsers? byBasket = baskets is null || options.BasketWeight == 0 ? null : ItemUsers.Of(baskets, items);
        float[] near = [.. FadingHistory.Decay(options.HalfDistance, 1 + (int)(Reach * options.HalfDistance)).Select(static weight => (float)weight)];
        var rows = new (int[] Columns, float[] Values)[items];
        int[] users = new int[items];
        Parallel.For(0, items, () => new RowAccumulator(items), (candidate, _, row) =>
        {
            users[candidate] = byItem.Users[candidate].Length;
            AddSequences(candidate, training, byItem, near, options, row, items);
            if (byBasket is not null)
                AddBaskets(candidate, baskets!, byBasket, (float)options.BasketWeight, row, items);
            rows[candidate] = row.Take(candidate, int.MaxValue);
            return row;
        }, static _ => { });
        return new SequencePairs(SparseRows.Join(rows), users);
    }

    private static void AddSequences(int candidate, RowLists training, ItemUsers byItem, float[] near, SequenceKnnOptions options, RowAccumulator row, int items)
    {
        ReadOnlySpan<int> users = byItem.Users[candidate];
        int first = byItem.Users.Offsets[candidate];
        float set = (float)options.SetWeight, backward = (float)options.Backward;
        for (int i = 0; i < users.Length; i++)
        {
            ReadOnlySpan<int> list = training[users[i]];
            int position = byItem.Positions[first + i];
            int from = set > 0 ? 0 : Math.Max(0, position - near.Length), until = set > 0 ? list.Length : Math.Min(list.Length, position + near.Length + 1);
            for (int other = from; other < until; other++)
            {
                if (other == position || list[other] >= items)
                    continue;
                int distance = Math.Abs(other - position) - 1;
                float weight = distance < near.Length ? set + near[distance] * (other < position ? 1 : backward) : set;
                if (weight > 0)
                    row.Add(list[other], weight);
            }
        }
    }

    private static void AddBaskets(int candidate, RowLists baskets, ItemUsers byBasket, float weight, RowAccumulator row, int items)
    {
        foreach (int basket in byBasket.Users[candidate])
        {
            foreach (int other in baskets[basket])
            {
                if (other != candidate && other < items)
                    row.Add(other, weight);
            }
        }
    }
}
