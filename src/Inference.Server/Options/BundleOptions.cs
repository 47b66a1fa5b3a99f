using System.ComponentModel.DataAnnotations;

namespace Inference.Server.Options;

/// <summary>Which bundle is served.</summary>
public sealed class BundleOptions
{
    /// <summary>The bundle's folder (it holds manifest.json), a folder of its versions, or a repository that holds one bundle's versions.</summary>
    /// <value>A path; default "", which refuses to start and says what to do.</value>
    public string Path { get; set; } = "";

    /// <summary>Which version to serve where Path holds several.</summary>
    /// <value>The name of a version's folder, or "latest": the highest number; default "latest".</value>
    [Required]
    public string Version { get; set; } = "latest";
}
