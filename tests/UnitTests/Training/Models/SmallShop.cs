using Inference.Training.Chance;
using Inference.Training.Features;
using Inference.Training.Splits;

namespace UnitTests.Training.Models;

/// <summary>A shop with four shelves: each user buys from one of them, now and then from another.</summary>
internal static class SmallShop
{
    public const int Items = 40;
    public const int Shelves = 4;

    public static ColdSplit Split { get; } = Make(users: 300);

    /// <summary>The one field says which shelf a user is of.</summary>
    public static UserContexts Contexts { get; } = new(
        [new ContextField("shelf", ["a", "b", "c", "d"])], Split.TrainingUserIds, [.. Enumerable.Range(0, 300).Select(user => 1 + user % Shelves)]);

    public static int ShelfOf(int item) => item % Shelves;

    private static ColdSplit Make(int users)
    {
        var random = new SeededRandom(11);
        var lists = new List<IReadOnlyList<int>>();
        for (int user = 0; user < users; user++)
        {
            var list = new List<int>();
            while (list.Count < 6)
            {
                int shelf = random.NextDouble() < 0.1 ? random.NextInt(Shelves) : user % Shelves;
                int item = shelf + Shelves * random.NextInt(Items / Shelves);
                if (!list.Contains(item))
                    list.Add(item);
            }

            lists.Add(list);
        }

        int[] counts = new int[Items];
        foreach (IReadOnlyList<int> list in lists)
        {
            foreach (int item in list)
                counts[item]++;
        }

        RowLists none = RowLists.Of([.. lists.Select(_ => (IReadOnlyList<int>)[])]);
        var nobody = new FewShotUsers([], RowLists.Of([]), RowLists.Of([]));
        var items = new SplitItems([.. Enumerable.Range(0, Items).Select(item => $"i{item}")], Items, 0, counts);
        return new ColdSplit(items, [.. Enumerable.Range(0, users).Select(user => $"u{user}")], RowLists.Of(lists), none, none, none, none, nobody, nobody);
    }
}
