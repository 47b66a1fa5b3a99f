using Inference.Training.Linear;
using Inference.Training.Splits;

namespace Inference.Training.Models;

/// <summary>Step 1 of <see cref="SequenceKnn"/>: how often and how closely items go together.</summary>
/// <param name="ByCandidate">Row j, column i: c(i → j).</param>
/// <param name="Users">Users per item.</param>
internal sealed record SequencePairs(SparseRows ByCandidate, int[] Users)
{
    /// <summary>Pairs in all, at most: 512 MB. Catalogues up to the root of it (8,192 items) keep every one, larger ones the heaviest of each candidate.</summary>
    private const int MostPairs = 1 << 26;

    /// <summary>What a candidate may keep, however large the catalogue.</summary>
    private const int FewestPerCandidate = 512;

    /// <summary>Places in the list of a user, or in a basket, after which two items are not thought to go together: time and memory grow with the events, and not with their square.</summary>
    internal const int LongestDistance = 4_096;

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
            rows[candidate] = row.Take(candidate, MostOf(items));
            return row;
        }, static _ => { });
        return new SequencePairs(SparseRows.Join(rows), users);
    }

    /// <summary>Pairs that a candidate keeps.</summary>
    internal static int MostOf(int items) => Math.Max(FewestPerCandidate, MostPairs / items);

    private static void AddSequences(int candidate, RowLists training, ItemUsers byItem, float[] near, SequenceKnnOptions options, RowAccumulator row, int items)
    {
        ReadOnlySpan<int> users = byItem.Users[candidate];
        int first = byItem.Users.Offsets[candidate];
        float set = (float)options.SetWeight, backward = (float)options.Backward;
        for (int i = 0; i < users.Length; i++)
        {
            ReadOnlySpan<int> list = training[users[i]];
            int position = byItem.Positions[first + i];
            int reach = Math.Min(LongestDistance, set > 0 ? LongestDistance : near.Length);
            int from = Math.Max(0, position - reach), until = Math.Min(list.Length, position + reach + 1);
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
        ReadOnlySpan<int> own = byBasket.Users[candidate];
        int first = byBasket.Users.Offsets[candidate];
        for (int i = 0; i < own.Length; i++)
        {
            ReadOnlySpan<int> basket = baskets[own[i]];
            int position = byBasket.Positions[first + i];
            foreach (int other in basket[Math.Max(0, position - LongestDistance)..Math.Min(basket.Length, position + LongestDistance + 1)])
            {
                if (other != candidate && other < items)
                    row.Add(other, weight);
            }
        }
    }
}
