namespace Inference.Training.Data;

/// <summary>Reads users.csv or items.csv: a column with the id, and any others. A row whose id was there before is a bad row.</summary>
internal static class EntityTableReader
{
    public const string UsersFile = "users.csv", ItemsFile = "items.csv";
    public const string UserId = "user_id", ItemId = "item_id";

    private const int RowsBetweenReports = 1 << 14;

    /// <exception cref="InvalidDataException">The file has no column with the id, or too many bad rows.</exception>
    public static EntityTable Read(string path, string idColumn, double mostBadRows, Action<double>? progress, CancellationToken cancellationToken)
    {
        using var file = new CsvFile(path);
        int idPlace = file.Require(idColumn)[0];
        var ids = new IdTable();
        var bad = new BadRows();
        int width = file.Columns.Count;
        var texts = new IdTable[width];
        var codes = new ChunkedColumn<int>[width];
        for (int i = 0; i < width; i++)
            (texts[i], codes[i]) = (new IdTable(), new ChunkedColumn<int>());
        while (file.Read(bad))
        {
            if (TryAddId(ids, file.Rows[idPlace]) is { } reason)
            {
                bad.Add(file.Rows.Line, reason);
                continue;
            }

            for (int i = 0; i < width; i++)
            {
                // What is not UTF-8 counts as missing: the id is good, and so are the others.
                if (i != idPlace)
                    codes[i].Add(file.Rows[i].IsEmpty ? EntityColumn.Missing : texts[i].Add(file.Rows[i]));
            }

            if (ids.Count % RowsBetweenReports == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress?.Invoke(file.Done);
            }
        }

        bad.Check(path, ids.Count, mostBadRows);
        var columns = new List<EntityColumn>();
        for (int i = 0; i < width; i++)
        {
            if (i != idPlace)
                columns.Add(new EntityColumn(file.Columns[i], codes[i].Take(), texts[i]));
        }

        return new EntityTable(ids, columns, bad);
    }

    private static string? TryAddId(IdTable ids, ReadOnlySpan<byte> id)
    {
        if (id.IsEmpty)
            return "the id is empty";
        int before = ids.Count;
        int number = ids.Add(id);
        return number < 0 ? "the id is too long or not UTF-8" : number < before ? $"the id '{ids[number]}' was there before" : null;
    }
}
