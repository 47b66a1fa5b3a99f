using Inference.Towers.Bundles;
using Inference.Training.Profiles;

namespace Inference.Cli.Frame;

/// <summary>Where a verb is to write a bundle. What is wrong with it is said before anything is read, not after an hour of training.</summary>
/// <param name="Folder">The folder, REPOSITORY/NAME/VERSION.</param>
/// <param name="Name">Name of the model: that of the parent folder; "model" where there is none.</param>
/// <param name="Version">Its version: the name of the folder.</param>
internal sealed record BundleTarget(string Folder, string Name, string Version)
{
    /// <param name="path">The folder as it was given.</param>
    /// <param name="overwrite">Whether a bundle that is there is replaced.</param>
    /// <exception cref="CommandFailedException">The folder cannot name a bundle, or cannot be written.</exception>
    /// <exception cref="BundleExistsException">It exists and is not to be replaced.</exception>
    public static BundleTarget Of(string path, bool overwrite)
    {
        string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string name = Path.GetFileName(Path.GetDirectoryName(folder)) is { Length: > 0 } parent ? parent : "model", version = Path.GetFileName(folder);
        foreach ((string what, string text) in (ReadOnlySpan<(string, string)>)[("name", name), ("version", version)])
        {
            if (!BundleWriter.IsIdentifier(text))
                throw new CommandFailedException($"--out '{path}': the {what} would be '{text}'; it has to be 1 to 64 letters, digits, '.', '_' and '-', the first a letter or digit. Write REPOSITORY/NAME/VERSION.");
        }

        if (!overwrite && Path.Exists(folder))
            throw new BundleExistsException(folder);
        OutputPath.CheckFolder("--out", folder);
        return new BundleTarget(folder, name, version);
    }
}
