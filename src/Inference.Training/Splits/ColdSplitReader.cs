using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Inference.Towers.Import;

namespace Inference.Training.Splits;

/// <summary>
/// Reads a split from its files: catalogue, train, warm_val, warm_test, cold_items_val, cold_items_test, fewshot_val and fewshot_test (.csv or .csv.gz), and stats.json where it is there.
/// Training users are those of train.csv in the order of their first line; lines of other users in the warm and cold files are passed over, for nobody learns from them.
/// Training users per item are counted in train.csv; what a column train_users of the catalogue says is for people and not read.
/// </summary>
public static class ColdSplitReader
{
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file does not fit the format or the others; the message names file and line.</exception>
    public static ColdSplit Read(string folder)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no folder {folder}.");
        SplitItems items = ReadItems(SplitFiles.Find(folder, SplitFiles.Catalogue), out int[] trainingUsers);
        var users = new UserRows();
        Range catalogue = 0..items.TrainingCount;
        RowLists training = ReadLists(folder, SplitFiles.Training, items, catalogue, users, addUsers: true);
        if (users.Count == 0)
            throw new InvalidDataException($"{SplitFiles.Find(folder, SplitFiles.Training)}: there is not one training event.");
        foreach (int item in training.Values)
            trainingUsers[item]++;
        return new ColdSplit(
            items,
            users.Ids,
            training,
            ReadLists(folder, SplitFiles.WarmValidation, items, catalogue, users, addUsers: false),
            ReadLists(folder, SplitFiles.WarmTest, items, catalogue, users, addUsers: false),
            ReadLists(folder, SplitFiles.ColdItemsValidation, items, items.ColdValidation, users, addUsers: false),
            ReadLists(folder, SplitFiles.ColdItemsTest, items, items.ColdTest, users, addUsers: false),
            ReadFewShot(folder, SplitFiles.Validation, items, users),
            ReadFewShot(folder, SplitFiles.Test, items, users))
        {
            Times = ReadTimes(Path.Combine(folder, SplitFiles.Stats)),
        };
    }

    /// <param name="path">The catalogue.</param>
    /// <param name="trainingUsers">The counts of the items, zeros for now: users are read after items.</param>
    private static SplitItems ReadItems(string path, out int[] trainingUsers)
    {
        using var table = new CsvReader(path);
        int indexColumn = table.Require(SplitFiles.ItemIndex), idColumn = table.Require(SplitFiles.Item), roleColumn = table.Require(SplitFiles.Role);
        var ids = new List<string>();
        string[] roles = [SplitFiles.TrainingRole, SplitFiles.ColdTestRole, SplitFiles.ColdValidationRole];
        int[] perRole = new int[roles.Length];
        int last = 0;
        while (table.Read())
        {
            if (table[indexColumn] != ids.Count.ToString(CultureInfo.InvariantCulture))
                throw table.Invalid($"'{SplitFiles.ItemIndex}' is '{table[indexColumn]}' where {ids.Count} follows.");
            int role = Array.IndexOf(roles, table[roleColumn]);
            if (role < last)
                throw table.Invalid($"'{SplitFiles.Role}' is '{table[roleColumn]}'; items come as {string.Join(", then ", roles)}.");
            last = role;
            perRole[role]++;
            ids.Add(table[idColumn]);
        }

        trainingUsers = new int[ids.Count];
        try
        {
            return new SplitItems(ids, perRole[0], perRole[1], trainingUsers);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>One list per training user of the lines of a file.</summary>
    private static RowLists ReadLists(string folder, string name, SplitItems items, Range allowed, UserRows users, bool addUsers)
    {
        using var table = new CsvReader(SplitFiles.Find(folder, name));
        int userColumn = table.Require(SplitFiles.User), itemColumn = table.Require(SplitFiles.Item);
        var rows = new List<int>();
        var values = new List<int>();
        var seen = new HashSet<long>();
        while (table.Read())
        {
            int row = addUsers ? users.Add(table[userColumn]) : users.Find(table[userColumn]);
            int item = ItemOf(table, itemColumn, items, allowed);
            if (row < 0)
                continue;
            if (!seen.Add(((long)row << 32) | (uint)item))
                throw table.Invalid($"user '{table[userColumn]}' has the item '{table[itemColumn]}' twice.");
            rows.Add(row);
            values.Add(item);
        }

        return Grouped(rows, values, users.Count);
    }

    private static FewShotUsers ReadFewShot(string folder, string name, SplitItems items, UserRows training)
    {
        using var table = new CsvReader(SplitFiles.Find(folder, name));
        int userColumn = table.Require(SplitFiles.User), itemColumn = table.Require(SplitFiles.Item), roleColumn = table.Require(SplitFiles.Role);
        var users = new UserRows();
        List<int> supportRows = [], support = [], targetRows = [], targets = [];
        var seen = new HashSet<long>();
        while (table.Read())
        {
            if (training.Find(table[userColumn]) >= 0)
                throw table.Invalid($"user '{table[userColumn]}' is a training user, too.");
            int row = users.Add(table[userColumn]);
            int item = ItemOf(table, itemColumn, items, 0..items.TrainingCount);
            if (!seen.Add(((long)row << 32) | (uint)item))
                throw table.Invalid($"user '{table[userColumn]}' has the item '{table[itemColumn]}' twice.");
            bool isSupport = table[roleColumn] == SplitFiles.SupportRole;
            if (!isSupport && table[roleColumn] != SplitFiles.TargetRole)
                throw table.Invalid($"'{SplitFiles.Role}' is '{table[roleColumn]}'; it can be {SplitFiles.SupportRole} or {SplitFiles.TargetRole}.");
            (isSupport ? supportRows : targetRows).Add(row);
            (isSupport ? support : targets).Add(item);
        }

        var result = new FewShotUsers(users.Ids, Grouped(supportRows, support, users.Count), Grouped(targetRows, targets, users.Count));
        for (int row = 0; row < result.Count; row++)
        {
            if (result.Support[row].Length != FewShotUsers.SupportLength || result.Targets[row].Length < FewShotUsers.FewestTargets)
                throw new InvalidDataException($"{SplitFiles.Find(folder, name)}: user '{users.Ids[row]}' has {result.Support[row].Length} support items and {result.Targets[row].Length} targets; it takes {FewShotUsers.SupportLength} and at least {FewShotUsers.FewestTargets}.");
        }

        return result;
    }

    private static int ItemOf(CsvReader table, int column, SplitItems items, Range allowed)
    {
        if (!items.TryFind(table[column], out int item))
            throw table.Invalid($"the item '{table[column]}' is not in {SplitFiles.Catalogue}.");
        if (item < allowed.Start.Value || item >= allowed.End.Value)
            throw table.Invalid($"the item '{table[column]}' has another role in {SplitFiles.Catalogue}.");
        return item;
    }

    private static RowLists Grouped(List<int> rows, List<int> values, int count)
    {
        int[] offsets = RowLists.OffsetsOf(CollectionsMarshal.AsSpan(rows), count);
        int[] next = offsets[..^1];
        int[] sorted = new int[values.Count];
        for (int i = 0; i < rows.Count; i++)
            sorted[next[rows[i]]++] = values[i];
        return new RowLists(offsets, sorted);
    }

    private static SplitTimes? ReadTimes(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            using JsonDocument stats = JsonDocument.Parse(File.ReadAllBytes(path));
            if (!stats.RootElement.TryGetProperty("mode", out JsonElement mode) || mode.GetString() is not { } text)
                return null;
            return new SplitTimes(text, Second(stats.RootElement, "t_val"), Second(stats.RootElement, "t_test"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    private static long? Second(JsonElement stats, string name) =>
        stats.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : null;

    /// <summary>Users in the order in which they come.</summary>
    private sealed class UserRows
    {
        private readonly Dictionary<string, int> _rows = new(StringComparer.Ordinal);
        private readonly List<string> _ids = [];

        public int Count => _ids.Count;

        public IReadOnlyList<string> Ids => _ids;

        public int Find(string id) => _rows.GetValueOrDefault(id, -1);

        public int Add(string id)
        {
            if (_rows.TryGetValue(id, out int row))
                return row;
            _rows.Add(id, _ids.Count);
            _ids.Add(id);
            return _ids.Count - 1;
        }
    }
}
