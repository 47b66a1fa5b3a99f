using System.Buffers;
using System.Security.Cryptography;
using Inference.Towers.Manifests;
using Inference.Vectors;
using Microsoft.Win32.SafeHandles;

namespace Inference.Towers.Bundles;

/// <summary>Checks that the files of a bundle are there, inside of its folder, and what the manifest says, and that they stay so while it is loaded.</summary>
internal static class FileCheck
{
    /// <summary>Hashes every file that the manifest names, several at once on the threads of the current task scheduler.</summary>
    /// <returns>By name: path and SHA-256 of the files that are as they should be.</returns>
    public static Dictionary<string, CheckedFile> Check(
        string folder, BundleManifest manifest, bool requireHashes, BundleProblems problems, List<string> warnings, Action<int> progress, CancellationToken cancellationToken)
    {
        string root = Path.GetFullPath(folder);
        string[] names = [.. NamesOf(manifest)];
        var results = new Result[names.Length];
        int done = 0;
        // The largest first, so that it is not what all wait for in the end.
        int[] order = [.. Enumerable.Range(0, names.Length).OrderByDescending(i => LengthOf(Path.Combine(root, names[i])))];
        Parallel.For(0, names.Length, new ParallelOptions { CancellationToken = cancellationToken, TaskScheduler = TaskScheduler.Current }, i =>
        {
            int place = order[i];
            results[place] = Check(root, names[place], manifest.Files?.GetValueOrDefault(names[place]), cancellationToken);
            lock (order)
                progress(++done);
        });

        var files = new Dictionary<string, CheckedFile>(StringComparer.Ordinal);
        for (int i = 0; i < names.Length; i++)
        {
            if (manifest.Files?.GetValueOrDefault(names[i])?.Sha256 is null)
            {
                const string missing = "'files' has no 'sha256' for it, so nobody can tell whether it is whole.";
                if (requireHashes)
                    problems.Add(names[i], missing);
                else
                    warnings.Add($"{names[i]}: {missing}");
            }

            if (results[i].File is { } file)
                files.Add(names[i], file);
            else
                problems.Add(names[i], results[i].Problem!);
        }

        return files;
    }

    /// <summary>Reports files that are no longer what was hashed, by their length and time: whoever reads a file after its check could have read something else.</summary>
    public static void CheckUnchanged(IEnumerable<CheckedFile> files, BundleProblems problems)
    {
        foreach (CheckedFile file in files)
        {
            if (StampOf(new FileInfo(file.Path)) != file.Stamp)
                problems.Add(file.Name, "was changed while the bundle was loaded; bundles are written elsewhere and renamed into place.");
        }
    }

    /// <summary>Every file that the manifest names, once.</summary>
    public static IReadOnlyCollection<string> NamesOf(BundleManifest manifest)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string? name in (string?[])
            [manifest.UserTower?.File, manifest.ItemTower?.File, manifest.Ranker?.File, manifest.Items, manifest.ItemEmbeddings, manifest.Index, manifest.Profiles, manifest.Popularity, manifest.Users, manifest.Golden, manifest.Fusion, manifest.TrainingState])
        {
            if (name is not null)
                names.Add(name);
        }

        names.UnionWith(manifest.Files?.Keys ?? []);
        return names;
    }

    private static Result Check(string root, string name, FileManifest? expected, CancellationToken cancellationToken)
    {
        string path = Path.Combine(root, name);
        var info = new FileInfo(path);
        if (!info.Exists)
            return new Result(null, "is missing.");
        try
        {
            if (info.ResolveLinkTarget(returnFinalTarget: true) is { } target && !IsInside(root, target.FullName))
                return new Result(null, $"is a link to '{target.FullName}', outside of the bundle's folder.");
            (long Length, DateTime Written) stamp = StampOf(info);
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.SequentialScan);
            long length = RandomAccess.GetLength(file);
            if (expected?.Bytes is long bytes && bytes != length)
                return new Result(null, $"has {length} bytes, but the manifest says {bytes}.");
            string sha256 = Hash(file, cancellationToken);
            return expected?.Sha256 is null || sha256.Equals(expected.Sha256, StringComparison.OrdinalIgnoreCase)
                ? new Result(new CheckedFile(name, path, sha256, stamp), null)
                : new Result(null, $"has the SHA-256 {sha256}, but the manifest says {expected.Sha256}: it was changed or not copied whole.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Result(null, $"cannot be read: {e.Message}");
        }
    }

    private static string Hash(SafeFileHandle file, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(FilePieces.Bytes);
        try
        {
            long at = 0;
            for (int read; (read = RandomAccess.Read(file, buffer, at)) > 0; at += read)
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, read);
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Of what a link leads to, too: reading follows it.</summary>
    private static (long Length, DateTime Written) StampOf(FileInfo info)
    {
        FileSystemInfo? target = info.Exists ? info.ResolveLinkTarget(returnFinalTarget: true) : null;
        info = target is null ? info : new FileInfo(target.FullName);
        return info.Exists ? (info.Length, info.LastWriteTimeUtc) : default;
    }

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    /// <summary>Whether a path lies in the folder, or in what the folder itself links to: mounted volumes publish folders by links.</summary>
    private static bool IsInside(string root, string path)
    {
        string resolved = new DirectoryInfo(root).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? root;
        return IsUnder(root, path) || IsUnder(resolved, path);
    }

    private static bool IsUnder(string folder, string path) => path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>One of both.</summary>
    private readonly record struct Result(CheckedFile? File, string? Problem);
}

/// <summary>A file of a bundle that is what the manifest says.</summary>
/// <param name="Name">Name in the bundle.</param>
/// <param name="Path">Where it lies.</param>
/// <param name="Sha256">Its hash, 64 lower-case hexadecimal digits.</param>
/// <param name="Stamp">Its length and the time of its last change before it was hashed.</param>
internal sealed record CheckedFile(string Name, string Path, string Sha256, (long Length, DateTime Written) Stamp);
