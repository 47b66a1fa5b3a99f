using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Towers.Loading;
using Inference.Towers.Manifests;
using Microsoft.Extensions.Logging;

namespace Inference.Towers.Bundles;

/// <summary>Loads bundles: all or nothing, and where nothing, with every reason.</summary>
public static class BundleLoader
{
    /// <summary>Loads a bundle, checks it whole and makes it ready to serve.</summary>
    /// <param name="folder">Folder of the bundle.</param>
    /// <param name="options">How towers run.</param>
    /// <param name="progress">Receives how far the load is; may be null.</param>
    /// <param name="logger">Receives warnings and one line when the bundle is loaded.</param>
    /// <param name="time">Clock for timings and time-outs; the system's when null.</param>
    /// <param name="index">How items are indexed; the defaults when null.</param>
    /// <param name="cancellationToken">Gives up; a run of a model under way is ended.</param>
    /// <exception cref="BundleException">Something is wrong with the bundle; the exception has all reasons.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Task<LoadedBundle> LoadAsync(
        string folder,
        TowerOptions options,
        IProgress<BundleLoadProgress>? progress,
        ILogger logger,
        TimeProvider? time = null,
        ItemIndexOptions? index = null,
        CancellationToken cancellationToken = default) =>
        LoadAsync(
            folder,
            new BundleLoadSettings { Towers = options, Index = index ?? new ItemIndexOptions(), Progress = progress, Logger = logger, Time = time ?? TimeProvider.System },
            cancellationToken);

    /// <summary>Loads a bundle, checks it whole and makes it ready to serve, on threads of its own. Whoever awaits it goes on where he was.</summary>
    /// <param name="folder">Folder of the bundle.</param>
    /// <param name="settings">How, and what the load may take.</param>
    /// <param name="cancellationToken">Gives up; a run of a model under way is ended.</param>
    /// <exception cref="BundleException">Something is wrong with the bundle; the exception has all reasons. Another try makes sense when files were still being written.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Task<LoadedBundle> LoadAsync(string folder, BundleLoadSettings settings, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        settings.Towers.ThrowIfInvalid();
        return LoadOnThreadsAsync(new BundleLoad(Path.GetFullPath(folder), settings, cancellationToken), settings, cancellationToken);
    }

    /// <summary>Reads a file of users as bundles have them: a line of JSON each, packed where the name ends in .gz.</summary>
    /// <param name="file">Path of the file.</param>
    /// <param name="items">The catalogue whose ids histories share.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Users by id.</returns>
    /// <exception cref="BundleException">Something is wrong in the file; the exception has all reasons.</exception>
    public static IReadOnlyDictionary<string, UserState> ReadUsers(string file, ItemCatalogue items, CancellationToken cancellationToken = default)
    {
        var problems = new BundleProblems();
        IReadOnlyDictionary<string, UserState> users = UsersReader.Read(new CheckedFile(Path.GetFileName(file), file, "", default), items, problems, cancellationToken);
        problems.ThrowIfAny(file);
        return users;
    }

    /// <summary>Reads the manifest of a bundle alone, checking nothing of its other files: for listings.</summary>
    /// <exception cref="BundleException">The manifest cannot be read, or something is wrong in it.</exception>
    public static BundleManifest ReadManifest(string folder)
    {
        var problems = new BundleProblems();
        BundleManifest? manifest = ManifestReader.Read(folder, problems);
        if (manifest is not null)
            ManifestCheck.Check(manifest, problems);
        problems.ThrowIfAny(folder);
        return manifest!;
    }

    private static async Task<LoadedBundle> LoadOnThreadsAsync(BundleLoad load, BundleLoadSettings settings, CancellationToken cancellationToken)
    {
        try
        {
            using var threads = LoadingThreads.For(settings.Pace, settings.Loading ?? new LoadingOptions());
            return await threads.RunAsync(load.Run, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            NativeHeap.TrimSoon();
        }
    }
}
