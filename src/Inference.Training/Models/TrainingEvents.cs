using Inference.Training.Data;
using Inference.Training.Splits;

namespace Inference.Training.Models;

/// <summary>Every event of the training users before the validation part, repetitions included, in the order of time: what lists of first events do not tell.</summary>
/// <param name="Users">Row of the user in the training lists, per event.</param>
/// <param name="Items">Item index, per event.</param>
/// <param name="Seconds">Time since 1970 in seconds, per event.</param>
/// <param name="Baskets">Number of the basket (order, session), per event; null where the data has none.</param>
/// <param name="End">Where the validation part begins, in seconds.</param>
public sealed record TrainingEvents(int[] Users, int[] Items, long[] Seconds, int[]? Baskets, long End)
{
    /// <summary>Takes the events of the training lists out of a data folder: their users and items, before the validation part.</summary>
    /// <param name="table">All events.</param>
    /// <param name="split">How they were split.</param>
    public static TrainingEvents Of(EventTable table, ColdSplit split)
    {
        int[] rows = Rows(table.UserIds, split.TrainingUserIds), itemOf = new int[table.ItemIds.Count];
        for (int item = 0; item < itemOf.Length; item++)
            itemOf[item] = split.Items.TryFind(table.ItemIds[item], out int index) && index < split.Items.TrainingCount ? index : -1;
        var known = new HashSet<long>(split.Training.Total);
        for (int row = 0; row < split.Training.Count; row++)
        {
            foreach (int item in split.Training[row])
                known.Add(((long)row << 32) | (uint)item);
        }

        long end = split.Times?.Validation ?? long.MaxValue, last = 0;
        var places = new List<int>();
        for (int i = 0; i < table.Count; i++)
        {
            int row = rows[table.Users[i]], item = itemOf[table.Items[i]];
            if (row < 0 || item < 0 || table.Milliseconds[i] / 1000 >= end || !known.Contains(((long)row << 32) | (uint)item))
                continue;
            places.Add(i);
            last = Math.Max(last, table.Milliseconds[i] / 1000);
        }

        // Events of one time stay in the order of the file.
        int[] order = [.. places.OrderBy(place => table.Milliseconds[place])];
        return new TrainingEvents(
            Array.ConvertAll(order, place => rows[table.Users[place]]),
            Array.ConvertAll(order, place => itemOf[table.Items[place]]),
            Array.ConvertAll(order, place => table.Milliseconds[place] / 1000),
            table.Baskets.IsEmpty ? null : Array.ConvertAll(order, place => table.Baskets[place]),
            end == long.MaxValue ? last + 1 : end);
    }

    /// <summary>The items of each basket, none twice; baskets of one item are left out. Null where the data has no baskets.</summary>
    public RowLists? BasketLists()
    {
        if (Baskets is null)
            return null;
        var baskets = new Dictionary<(int User, int Basket), List<int>>();
        var lists = new List<IReadOnlyList<int>>();
        for (int i = 0; i < Items.Length; i++)
        {
            if (Baskets[i] == EventTable.NoBasket)
                continue;
            if (!baskets.TryGetValue((Users[i], Baskets[i]), out List<int>? basket))
                baskets.Add((Users[i], Baskets[i]), basket = []);
            if (basket.Contains(Items[i]))
                continue;
            basket.Add(Items[i]);
            if (basket.Count == 2)
                lists.Add(basket);
        }

        return RowLists.Of(lists);
    }

    private static int[] Rows(IdTable ids, IReadOnlyList<string> users)
    {
        var places = new Dictionary<string, int>(users.Count, StringComparer.Ordinal);
        for (int row = 0; row < users.Count; row++)
            places[users[row]] = row;
        int[] rows = new int[ids.Count];
        for (int user = 0; user < rows.Length; user++)
            rows[user] = places.GetValueOrDefault(ids[user], -1);
        return rows;
    }
}
