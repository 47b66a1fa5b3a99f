using System.Text;
using Inference.Training.Data;

namespace UnitTests.Training.Splits;

/// <summary>Events that a test writes down or draws.</summary>
internal static class SmallEvents
{
    public static EventTable Of(params (string User, string Item, long Second)[] events) => Of(events, baskets: null);

    public static EventTable Of(IReadOnlyList<(string User, string Item, long Second)> events, int[]? baskets)
    {
        IdTable users = new(), items = new();
        return new EventTable(
            users,
            items,
            [.. events.Select(e => users.Add(Encoding.UTF8.GetBytes(e.User)))],
            [.. events.Select(e => items.Add(Encoding.UTF8.GetBytes(e.Item)))],
            [.. events.Select(e => e.Second * 1000)],
            baskets: baskets);
    }

    /// <summary>Users who come one after another and take items that come one after another, in no order of the file, with repeats and equal times.</summary>
    public static List<(string User, string Item, long Second)> Draw(int seed, int users, int items, int count)
    {
        var random = new Random(seed);
        var events = new List<(string, string, long)>(count);
        for (int i = 0; i < count; i++)
        {
            int user = random.Next(users), second = user * 25 + (int)(Math.Pow(random.NextDouble(), 2) * (1000 + 20 * users));
            int item = (int)(random.NextDouble() * random.NextDouble() * Math.Min(items, 5 + second / 10));
            events.Add(($"u{user}", item.ToString(System.Globalization.CultureInfo.InvariantCulture), second));
        }

        return events;
    }
}
