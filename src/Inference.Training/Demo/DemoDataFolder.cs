using Inference.Training.Data;

namespace Inference.Training.Demo;

/// <summary>Writes the demo shop as a data folder, as a real shop would hand it out: events.csv, users.csv, items.csv.</summary>
internal static class DemoDataFolder
{
    public static void Write(DemoWorld world, string folder)
    {
        Directory.CreateDirectory(folder);
        WriteEvents(world.Users, Path.Combine(folder, "events.csv"));
        WriteUsers(world.Users, Path.Combine(folder, "users.csv"), 0, world.Users.SeenCount, withTime: true);
        WriteItems(world.Items, Path.Combine(folder, "items.csv"), 0, world.Items.CatalogueCount);
    }

    /// <summary>Users with their context; the time is that of the first event.</summary>
    public static void WriteUsers(DemoUsers users, string path, int first, int until, bool withTime)
    {
        string[] columns = ["user_id", .. ShopVocabulary.Context.Select(context => context.Feature), ShopVocabulary.Hour];
        using var csv = new CsvWriter(path, withTime ? [.. columns, "first_timestamp"] : columns);
        for (int user = first; user < until; user++)
        {
            csv.Field(users.IdOf(user));
            for (int feature = 0; feature < ShopVocabulary.Context.Count; feature++)
                csv.Field(users.ContextText(user, feature));
            csv.Field(users.HourOf(user));
            if (withTime)
                csv.Field(users.Timestamps[user].Length == 0 ? DemoClock.Begin : users.Timestamps[user][0]);
            csv.EndLine();
        }
    }

    public static void WriteItems(DemoItems items, string path, int first, int until)
    {
        using var csv = new CsvWriter(path, "item_id", "title", "category", "department", "brand", "price");
        for (int row = first; row < until; row++)
        {
            csv.Field(DemoItems.IdOf(row)).Field(items.TitleOf(row)).Field(items.CategoryNameOf(row)).Field(items.DepartmentNameOf(row)).Field(items.BrandNameOf(row));
            csv.Field(items.PriceOf(row), "F2").EndLine();
        }
    }

    /// <summary>All events in the order of time; equal times in the order of users.</summary>
    private static void WriteEvents(DemoUsers users, string path)
    {
        int total = 0;
        for (int user = 0; user < users.SeenCount; user++)
            total += users.Histories[user].Length;
        long[] times = new long[total];
        (int User, int Place)[] events = new (int, int)[total];
        int next = 0;
        for (int user = 0; user < users.SeenCount; user++)
        {
            for (int place = 0; place < users.Histories[user].Length; place++)
            {
                times[next] = users.Timestamps[user][place];
                events[next++] = (user, place);
            }
        }

        int[] order = new int[total];
        for (int i = 0; i < total; i++)
            order[i] = i;
        // The number of the event makes every key different, so that the order does not hang on the sort's.
        Array.Sort(order, (a, b) => times[a] != times[b] ? times[a].CompareTo(times[b]) : a.CompareTo(b));

        using var csv = new CsvWriter(path, "user_id", "item_id", "value", "timestamp");
        foreach (int at in order)
        {
            (int user, int place) = events[at];
            csv.Field(users.IdOf(user)).Field(DemoItems.IdOf(users.Histories[user][place])).Field(1).Field(times[at]).EndLine();
        }
    }
}
