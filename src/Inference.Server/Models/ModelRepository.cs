using System.Diagnostics.CodeAnalysis;
using Inference.Server.Options;
using Inference.Towers.Bundles;
using Inference.Towers.Manifests;

namespace Inference.Server.Models;

/// <summary>
/// Where versions of the model lie: a folder with a folder for each version. The option names it, or a repository with this one model, or one version itself, which then is the one that is
/// served, with its neighbours there to be loaded by name.
/// </summary>
internal sealed class ModelRepository
{
    private const string MakeOne = "Make a demo bundle with './dev cli demo --out .local/models' and serve it with '--bundle .local/models/demo/1'.";

    private readonly Dictionary<string, BundleFolder> _known = new(StringComparer.Ordinal);
    private readonly string? _single;

    private ModelRepository(string folder, VersionPolicy policy, string? single)
    {
        Folder = folder;
        Policy = policy;
        _single = single;
    }

    /// <summary>The folder of versions; of a single bundle the one that it lies in.</summary>
    public string Folder { get; }

    /// <summary>Which versions are served.</summary>
    public VersionPolicy Policy { get; }

    /// <summary>Whether new versions are to be looked for: not where one bundle was named by its own folder.</summary>
    public bool IsWatched => _single is null;

    /// <param name="options">Path and version.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="problem">Why there is none, and what to do.</param>
    public static bool TryOpen(BundleOptions options, [NotNullWhen(true)] out ModelRepository? repository, [NotNullWhen(false)] out string? problem)
    {
        (repository, problem) = Open(options);
        return repository is not null;
    }

    /// <summary>The versions that are there, the highest first. Folders whose names begin with a dot are still being written, and such without a manifest are not counted. Not safe for concurrent use.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public IReadOnlyList<BundleFolder> Scan()
    {
        string[] folders = Bundles(Folder);
        foreach (string gone in _known.Keys.Except(folders).ToArray())
            _known.Remove(gone);
        foreach (string folder in folders)
        {
            if (Fingerprint(folder) is not { } now)
                _known.Remove(folder);
            else if (!_known.TryGetValue(folder, out BundleFolder? known) || known.Fingerprint != now.Fingerprint)
                _known[folder] = new BundleFolder(VersionOf(folder), folder, now.Fingerprint, now.Written);
        }

        return [.. _known.Values.OrderByDescending(folder => folder.Name, VersionOrder.Instance)];
    }

    /// <summary>Those of the folders that the policy serves, the highest first.</summary>
    public IReadOnlyList<BundleFolder> Wanted(IReadOnlyList<BundleFolder> folders) => Policy.Kind switch
    {
        PolicyKind.Explicit => [],
        PolicyKind.Specific => [.. folders.Where(folder => _single is null ? Policy.Named.Contains(folder.Name) || Policy.Named.Contains(folder.Version) : folder.Path == _single)],
        _ => folders,
    };

    private static (ModelRepository? Repository, string? Problem) Open(BundleOptions options)
    {
        VersionPolicy policy = VersionPolicy.Parse(options.Version);
        if (options.Path.Length == 0)
            return (null, $"No bundle is configured. {MakeOne}");
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Path));
        if (!Directory.Exists(path))
            return (null, $"There is no folder '{path}'. {MakeOne}");
        if (IsBundle(path))
        {
            return policy.Kind == PolicyKind.Latest || (policy.Named is [var one] && Path.GetFileName(path) == one)
                ? (new ModelRepository(Path.GetDirectoryName(path)!, VersionPolicy.Of(Path.GetFileName(path)), path), null)
                : (null, $"'{path}' is one bundle, and not of version '{options.Version}'. Name the folder of its versions, or leave Inference:Bundle:Version at '{VersionPolicy.Latest}'.");
        }

        string[] versions = Bundles(path);
        if (versions.Length > 0)
            return Of(path, versions, policy);
        string[] models = [.. Folders(path).Where(model => Bundles(model).Length > 0)];
        return models switch
        {
            [] when policy.Kind == PolicyKind.Explicit => (new ModelRepository(path, policy, null), null),
            [] => (null, $"'{path}' holds no bundle: neither it nor a folder in it has a {BundleManifest.FileName}. {MakeOne}"),
            [var model] => Of(model, Bundles(model), policy),
            _ => (null, $"'{path}' holds several models: {string.Join(", ", models.Select(Path.GetFileName).Order(StringComparer.Ordinal))}. Name the folder of one."),
        };
    }

    private static (ModelRepository? Repository, string? Problem) Of(string folder, string[] versions, VersionPolicy policy)
    {
        var repository = new ModelRepository(folder, policy, null);
        if (policy.Kind != PolicyKind.Specific || repository.Wanted(repository.Scan()).Count > 0)
            return (repository, null);
        string there = string.Join(", ", versions.Select(Path.GetFileName).Order(VersionOrder.Instance));
        return (null, $"'{folder}' has no version '{string.Join("' or '", policy.Named)}'; there are {there}.");
    }

    private static string[] Bundles(string folder) => [.. Folders(folder).Where(IsBundle)];

    private static IEnumerable<string> Folders(string folder) => Directory.EnumerateDirectories(folder).Where(child => !Path.GetFileName(child).StartsWith('.'));

    private static bool IsBundle(string folder) => File.Exists(Path.Combine(folder, BundleManifest.FileName));

    private static string VersionOf(string folder)
    {
        try
        {
            BundleManifest manifest = BundleLoader.ReadManifest(folder);
            return $"{manifest.Name}/{manifest.Version}";
        }
        catch (BundleException)
        {
            return $"{Path.GetFileName(Path.GetDirectoryName(folder))}/{Path.GetFileName(folder)}";
        }
    }

    /// <summary>FNV-1a, 64 bits, over names, lengths and times; null where the folder goes meanwhile.</summary>
    private static (ulong Fingerprint, DateTimeOffset Written)? Fingerprint(string folder)
    {
        try
        {
            var directory = new DirectoryInfo(folder);
            DateTime written = directory.LastWriteTimeUtc;
            ulong hash = 0xCBF29CE484222325;
            foreach (FileInfo file in directory.EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal))
            {
                foreach (char unit in file.Name)
                    Mix(unit);
                Mix((ulong)file.Length);
                Mix((ulong)file.LastWriteTimeUtc.Ticks);
                if (file.LastWriteTimeUtc > written)
                    written = file.LastWriteTimeUtc;
            }

            return (hash, new DateTimeOffset(written));

            void Mix(ulong value) => hash = (hash ^ value) * 0x100000001B3;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
