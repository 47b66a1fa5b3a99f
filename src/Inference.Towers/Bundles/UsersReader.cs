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

    /// <summary>User states by id; ids of items are the catalogue's own strings, so that a million histories share them.</summary>
    public static IReadOnlyDictionary<string, UserState> Read(CheckedFile file, ItemCatalogue items, BundleProblems problems, CancellationToken cancellationToken)
    {
        var users = new Dictionary<string, UserState>(StringComparer.Ordinal);
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

            if (Array.IndexOf(user.History, "") is >= 0 and var place)
                problems.Add($"{file.Name}:{line}", $"'history' has no id at place {place}.");
            if (!users.TryAdd(user.Id, new UserState(user.Features, user.History)))
                problems.Add($"{file.Name}:{line}", $"the user '{user.Id}' is there twice.");
        }
    }
}
