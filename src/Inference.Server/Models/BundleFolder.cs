namespace Inference.Server.Models;

/// <summary>A folder of the repository that has a manifest.</summary>
/// <param name="Version">"name/version": as the manifest says, or as the folders are called where it cannot be read.</param>
/// <param name="Path">The folder.</param>
/// <param name="Fingerprint">Changes when a file comes, goes, grows or is written.</param>
/// <param name="Written">When the folder or one of its files was last written.</param>
internal sealed record BundleFolder(string Version, string Path, ulong Fingerprint, DateTimeOffset Written)
{
    /// <summary>Name of the version's own folder, which decides the order.</summary>
    public string Name => System.IO.Path.GetFileName(Path);
}
