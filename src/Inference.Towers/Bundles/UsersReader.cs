using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Towers.Manifests;

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
        using FileStream raw = File.OpenRead(file.Path);
        using Stream stream = file.Name.EndsWith(".gz", StringComparison.Ordinal) ? new GzipFileStream(raw) : raw;
        try
        {
            JsonLines.Read(stream, BundleLines.Json.BundleUser, MaxUsers, FreeBytes + raw.Length * MaxCompression, file.Name, problems, Add, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            problems.Add(file.Name, $"cannot be unpacked: {e.Message}");
        }

        return users;

        void Add(int line, BundleUser user)
        {
            string where = $"{file.Name}:{line}";
            foreach (string unknown in user.UnknownFields?.Keys ?? [])
                problems.Add(where, $"unknown field '{unknown}'.");
            if (string.IsNullOrEmpty(user.Id) || user.Id.Length > MaxIdLength)
            {
                problems.Add(where, $"'id' has {user.Id?.Length ?? 0} characters; it can have 1 to {MaxIdLength}.");
                return;
            }

            IReadOnlyList<string> history = user.History ?? [];
            var shared = new string[history.Count];
            for (int i = 0; i < shared.Length; i++)
            {
                if (string.IsNullOrEmpty(history[i]))
                    problems.Add(where, $"'history' has no id at place {i}.");
                shared[i] = items.TryGetRow(history[i], out int row) ? items.IdOf(row) : history[i];
            }

            if (!users.TryAdd(user.Id, new UserState(CatalogueReader.WithoutEmpty(user.Features) ?? FeatureSet.None, shared)))
                problems.Add(where, $"the user '{user.Id}' is there twice.");
        }
    }
}
