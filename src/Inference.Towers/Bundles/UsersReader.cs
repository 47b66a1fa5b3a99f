using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;

namespace Inference.Towers.Bundles;

/// <summary>Reads the users that a bundle knows.</summary>
internal static class UsersReader
{
    private const int MaxUsers = 20_000_000;
    private const int MaxIdLength = 512;

    /// <summary>JSON of histories compresses 5 to 20 times; far above, somebody wants to fill the memory.</summary>
    private const long MaxCompression = 200, FreeBytes = 16 << 20;

    /// <summary>The users of a file, as what could be read of it has them.</summary>
    public static StoredUsers Read(CheckedFile file, ItemCatalogue items, BundleProblems problems, CancellationToken cancellationToken)
    {
        var users = new StoredUsers(items);
        var lines = new UserLines(items);
        using FileStream raw = new(file.Path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        using Stream stream = file.Name.EndsWith(".gz", StringComparison.Ordinal) ? new GzipFileStream(raw) : raw;
        try
        {
            JsonLines.Read(stream, MaxUsers, FreeBytes + raw.Length * MaxCompression, file.Name, problems, Receive, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            problems.Add(file.Name, $"cannot be unpacked: {e.Message}");
        }

        users.Trim();
        return users;

        void Receive(int line, ReadOnlySpan<byte> utf8)
        {
            UserLine user = lines.Read(utf8);
            foreach (string unknown in user.Unknown)
                problems.Add($"{file.Name}:{line}", $"unknown field '{unknown}'.");
            if (string.IsNullOrEmpty(user.Id) || user.Id.Length > MaxIdLength)
            {
                problems.Add($"{file.Name}:{line}", $"'id' has {user.Id?.Length ?? 0} characters; it can have 1 to {MaxIdLength}.");
                return;
            }

            if (user.Others.Contains(""))
                problems.Add($"{file.Name}:{line}", $"'history' has no id at place {PlaceOfNone(user)}.");
            if (!users.TryAdd(user.Id, user.Features, user.History, user.Others))
                problems.Add($"{file.Name}:{line}", $"the user '{user.Id}' is there twice.");
        }
    }

    private static int PlaceOfNone(in UserLine user)
    {
        int place = 0;
        for (int other = 0; user.History[place] >= 0 || user.Others[other++].Length > 0; place++)
        {
        }

        return place;
    }
}
