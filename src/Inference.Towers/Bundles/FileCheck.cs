using System.Security.Cryptography;
using Inference.Towers.Manifests;

namespace Inference.Towers.Bundles;

/// <summary>Checks that the files of a bundle are there, inside of its folder, and what the manifest says.</summary>
internal static class FileCheck
{
    /// <summary>Hashes every file that the manifest names.</summary>
    /// <returns>By name: path and SHA-256 of the files that are as they should be.</returns>
    public static Dictionary<string, CheckedFile> Check(
        string folder, BundleManifest manifest, bool requireHashes, BundleProblems problems, List<string> warnings, Action<string> progress, CancellationToken cancellationToken)
    {
        string root = Path.GetFullPath(folder);
        var files = new Dictionary<string, CheckedFile>(StringComparer.Ordinal);
        foreach (string name in NamesOf(manifest))
        {
            cancellationToken.ThrowIfCancellationRequested();
            FileManifest? expected = null;
            if (manifest.Files?.TryGetValue(name, out expected) != true || expected?.Sha256 is null)
            {
                const string missing = "'files' has no 'sha256' for it, so nobody can tell whether it is whole.";
                if (requireHashes)
                    problems.Add(name, missing);
                else
                    warnings.Add($"{name}: {missing}");
            }

            if (Check(root, name, expected, problems, cancellationToken) is { } file)
                files.Add(name, file);
            progress(name);
        }

        return files;
    }

    /// <summary>Every file that the manifest names, once.</summary>
    public static IReadOnlyCollection<string> NamesOf(BundleManifest manifest)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string? name in (string?[])
            [manifest.UserTower?.File, manifest.ItemTower?.File, manifest.Items, manifest.ItemEmbeddings, manifest.Index, manifest.Profiles, manifest.Popularity, manifest.Users, manifest.Golden])
        {
            if (name is not null)
                names.Add(name);
        }

        names.UnionWith(manifest.Files?.Keys ?? []);
        return names;
    }

    private static CheckedFile? Check(string root, string name, FileManifest? expected, BundleProblems problems, CancellationToken cancellationToken)
    {
        string path = Path.Combine(root, name);
        var info = new FileInfo(path);
        if (!info.Exists)
        {
            problems.Add(name, "is missing.");
            return null;
        }

        try
        {
            if (info.ResolveLinkTarget(returnFinalTarget: true) is { } target && !IsInside(root, target.FullName))
            {
                problems.Add(name, $"is a link to '{target.FullName}', outside of the bundle's folder.");
                return null;
            }

            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            if (expected?.Bytes is long bytes && bytes != file.Length)
            {
                problems.Add(name, $"has {file.Length} bytes, but the manifest says {bytes}.");
                return null;
            }

            string sha256 = Hash(file, cancellationToken);
            if (expected?.Sha256 is null || sha256.Equals(expected.Sha256, StringComparison.OrdinalIgnoreCase))
                return new CheckedFile(name, path, sha256);
            problems.Add(name, $"has the SHA-256 {sha256}, but the manifest says {expected.Sha256}: it was changed or not copied whole.");
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(name, $"cannot be read: {e.Message}");
            return null;
        }
    }

    private static string Hash(FileStream file, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 18];
        for (int read; (read = file.Read(buffer)) > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, read);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Whether a path lies in the folder, or in what the folder itself links to: mounted volumes publish folders by links.</summary>
    private static bool IsInside(string root, string path)
    {
        string resolved = new DirectoryInfo(root).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? root;
        return IsUnder(root, path) || IsUnder(resolved, path);
    }

    private static bool IsUnder(string folder, string path) => path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}

/// <summary>A file of a bundle that is what the manifest says.</summary>
/// <param name="Name">Name in the bundle.</param>
/// <param name="Path">Where it lies.</param>
/// <param name="Sha256">Its hash, 64 lower-case hexadecimal digits.</param>
internal sealed record CheckedFile(string Name, string Path, string Sha256);
