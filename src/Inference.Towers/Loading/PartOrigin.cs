namespace Inference.Towers.Loading;

/// <summary>Where a part of a snapshot came from.</summary>
public enum PartOrigin
{
    /// <summary>A file of the bundle.</summary>
    Bundle,

    /// <summary>The cache folder: it was made by an earlier load from the same files and options.</summary>
    Cache,

    /// <summary>Made while the bundle was loaded.</summary>
    Made,
}
