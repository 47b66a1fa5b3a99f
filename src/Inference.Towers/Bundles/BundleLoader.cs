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
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options.ThrowIfInvalid();
        var load = new BundleLoad(Path.GetFullPath(folder), options, index ?? new ItemIndexOptions(), progress, logger, time ?? TimeProvider.System, cancellationToken);
        // Hashing, parsing and the models' own work keep a thread for seconds; it is not the caller's.
        return Task.Run(load.RunAsync, cancellationToken);
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
}
