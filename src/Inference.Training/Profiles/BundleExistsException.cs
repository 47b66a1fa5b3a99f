namespace Inference.Training.Profiles;

/// <summary>There is a bundle already where one was to be published, and it is not to be replaced.</summary>
public sealed class BundleExistsException : IOException
{
    /// <param name="folder">Folder of the bundle that is there.</param>
    public BundleExistsException(string folder)
        : base($"'{folder}' exists already.") => Folder = folder;

    public string Folder { get; }
}
