namespace Inference.Server.Models;

/// <summary>What became of a version.</summary>
internal enum ModelState
{
    /// <summary>In the repository, not loaded.</summary>
    Available,

    /// <summary>Being loaded and warmed up.</summary>
    Loading,

    /// <summary>Loaded: can be pinned, given a share, or activated.</summary>
    Loaded,

    /// <summary>Taken out; its last requests are being answered.</summary>
    Unloading,

    /// <summary>Refused; the reasons say why.</summary>
    Refused,
}

/// <summary>One version, as it is at one moment. Which one is active, and who has a share, is the registry's to say.</summary>
/// <param name="Version">"name/version".</param>
/// <param name="State">What became of it.</param>
/// <param name="Folder">Where it lies; null once its folder is gone.</param>
/// <param name="Model">The model while it is loaded or goes.</param>
/// <param name="Reasons">Why it was refused.</param>
internal sealed record ModelRecord(string Version, ModelState State, BundleFolder? Folder, LoadedModel? Model = null, IReadOnlyList<string>? Reasons = null);
