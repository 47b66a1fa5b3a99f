using Inference.Training.Data;
using Inference.Training.Splits;

namespace Inference.Training.Models;

/// <summary>What was bought or seen together.</summary>
public static class BasketLists
{
    /// <summary>The items of each basket of each user, none twice; baskets of one item are left out. Null where the data has no baskets.</summary>
    /// <param name="events">Of the training users.</param>
    public static RowLists? Of(TrainingEvents events)
    {
        if (!events.HasBaskets)
            return null;
        var lists = new List<IReadOnlyList<int>>();
        var baskets = new Dictionary<int, List<int>>();
        for (int user = 0; user < events.Count; user++)
        {
            baskets.Clear();
            ReadOnlySpan<int> items = events.ItemsOf(user), numbers = events.BasketsOf(user);
            for (int i = 0; i < items.Length; i++)
            {
                if (numbers[i] == EventTable.NoBasket)
                    continue;
                if (!baskets.TryGetValue(numbers[i], out List<int>? basket))
                    baskets.Add(numbers[i], basket = []);
                if (basket.Contains(items[i]))
                    continue;
                basket.Add(items[i]);
                if (basket.Count == 2)
                    lists.Add(basket);
            }
        }

        return RowLists.Of(lists);
    }
}
