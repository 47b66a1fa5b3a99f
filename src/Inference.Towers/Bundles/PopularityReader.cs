using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Vectors;

namespace Inference.Towers.Bundles;

/// <summary>Finds how popular items are: as the bundle says, or by counting the users that it knows.</summary>
internal static class PopularityReader
{
    /// <summary>The popularity of a file; null, with the reasons reported, when it cannot be used.</summary>
    public static Popularity? Read(CheckedFile file, int items, BundleProblems problems)
    {
        try
        {
            float[] rates = NpyFile.Read(file.Path, out int rows, out int columns);
            if (columns != 1 || rows != items)
                problems.Add(file.Name, $"is a matrix of ({rows}, {columns}); one share per item is ({items}, 1).");
            else
                return new Popularity(rates);
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException)
        {
            problems.Add(file.Name, e.Message);
        }

        return null;
    }

    /// <summary>The share of known users that touched each item; zero for all where nobody is known, and then the order is the catalogue's.</summary>
    public static Popularity Count(ItemCatalogue items, IReadOnlyDictionary<string, UserState> users)
    {
        var rates = new float[items.Count];
        var seen = new HashSet<int>();
        foreach (UserState user in users.Values)
        {
            seen.Clear();
            for (int i = 0; i < user.History.Count; i++)
            {
                if (user.TryGetRow(items, i, items.Rows, out int row) && seen.Add(row))
                    rates[row]++;
            }
        }

        for (int row = 0; users.Count > 0 && row < rates.Length; row++)
            rates[row] /= users.Count;
        return new Popularity(rates);
    }
}
