using System.Globalization;
using Inference.Recommendations.Features;
using Inference.Towers.Bundles;

namespace Inference.Towers.Import;

/// <summary>Reads the users that the towers were trained on: those with events, with their features.</summary>
internal static class UserImport
{
    public static IReadOnlyList<BundleUser> Read(ImportUsers wanted, string folder)
    {
        Dictionary<string, List<(double Order, string Item)>> events = ReadEvents(wanted, folder);
        var users = new List<BundleUser>(events.Count);
        using var table = new CsvReader(Path.Combine(folder, wanted.Table));
        int idColumn = table.Require(wanted.Id);
        var columns = new ColumnReader(table, wanted.Features);
        while (table.Read())
        {
            string id = table[idColumn];
            if (!events.Remove(id, out List<(double Order, string Item)>? history))
                continue;
            users.Add(new BundleUser { Id = id, Features = columns.Read(), History = HistoryOf(history) });
        }

        if (events.Count > 0)
            throw new InvalidDataException($"{wanted.Table}: {events.Count} users have events but no line, for example '{events.Keys.First()}'.");
        return users;
    }

    private static Dictionary<string, List<(double Order, string Item)>> ReadEvents(ImportUsers wanted, string folder)
    {
        IReadOnlyList<ImportEvents> sources = wanted.Events ?? [];
        ImportEvents source = sources.FirstOrDefault(candidate => File.Exists(Path.Combine(folder, candidate.Table)))
            ?? throw new FileNotFoundException($"None of the tables with events is in '{folder}': {string.Join(", ", sources.Select(candidate => candidate.Table))}.");
        var events = new Dictionary<string, List<(double Order, string Item)>>(StringComparer.Ordinal);
        using var table = new CsvReader(Path.Combine(folder, source.Table));
        int user = table.Require(source.User), item = table.Require(source.Item), order = table.Require(source.Order);
        while (table.Read())
        {
            if (!double.TryParse(table[order], NumberStyles.Float, CultureInfo.InvariantCulture, out double place))
                throw table.Invalid($"column '{source.Order}' has '{table[order]}', which is no number.");
            if (!events.TryGetValue(table[user], out List<(double Order, string Item)>? history))
                events.Add(table[user], history = []);
            history.Add((place, table[item]));
        }

        return events;
    }

    /// <summary>Items by their first event: what is bought again is not a new interest.</summary>
    private static string[] HistoryOf(List<(double Order, string Item)> events) => [.. events.OrderBy(one => one.Order).Select(one => one.Item).Distinct(StringComparer.Ordinal)];
}
