namespace Inference.Training.Data;

/// <summary>
/// What a recommender learns from: events.csv, and where they are there users.csv and items.csv, each plain or with .gz. The columns that are needed are found by name: user_id, item_id and
/// timestamp of events (value and basket_id where they are there), user_id of users, item_id of items.
/// </summary>
public sealed class DataFolder
{
    internal DataFolder(string path, EventTable events, EntityTable? users, EntityTable? items)
    {
        Path = path;
        Events = events;
        HasUsersTable = users is not null;
        HasItemsTable = items is not null;
        Users = users ?? new EntityTable(events.UserIds, []);
        Items = items ?? new EntityTable(events.ItemIds, []);
    }

    public string Path { get; }

    public EventTable Events { get; }

    /// <summary>The users of users.csv; without that file, those of the events, with no columns.</summary>
    public EntityTable Users { get; }

    /// <summary>The items of items.csv; without that file, those of the events, with no columns.</summary>
    public EntityTable Items { get; }

    public bool HasUsersTable { get; }

    public bool HasItemsTable { get; }

    /// <summary>Reads a folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Told the share of bytes that is read, 0 to 1, on the calling thread.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">It holds no events.</exception>
    /// <exception cref="InvalidDataException">A file lacks a column, has too many bad rows, or is damaged; the message names file, column and lines.</exception>
    public static DataFolder Open(string path, DataFolderOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        options ??= new DataFolderOptions();
        if (!Directory.Exists(path))
            throw new DirectoryNotFoundException($"There is no folder {path}.");
        string events = CsvFile.Find(path, EventTableReader.FileName)
            ?? throw new FileNotFoundException($"{path} holds neither {EventTableReader.FileName} nor {EventTableReader.FileName}.gz.", System.IO.Path.Combine(path, EventTableReader.FileName));
        string? users = CsvFile.Find(path, EntityTableReader.UsersFile), items = CsvFile.Find(path, EntityTableReader.ItemsFile);

        double all = Math.Max(1, LengthOf(events) + LengthOf(users) + LengthOf(items)), done = 0;
        EntityTable? userTable = users is null ? null : EntityTableReader.Read(users, EntityTableReader.UserId, options.MostBadRows, Part(users), cancellationToken);
        done += LengthOf(users);
        EntityTable? itemTable = items is null ? null : EntityTableReader.Read(items, EntityTableReader.ItemId, options.MostBadRows, Part(items), cancellationToken);
        done += LengthOf(items);
        EventTable eventTable = EventTableReader.Read(events, options.MostBadRows, Part(events), cancellationToken);
        progress?.Report(1);
        return new DataFolder(path, eventTable, userTable, itemTable);

        Action<double>? Part(string file)
        {
            double before = done, length = LengthOf(file);
            return progress is null ? null : share => progress.Report((before + share * length) / all);
        }
    }

    private static long LengthOf(string? file) => file is null ? 0 : new FileInfo(file).Length;
}
