using System.ComponentModel.DataAnnotations;

namespace Inference.Server.Options;

/// <summary>Which bundle is served.</summary>
public sealed class BundleOptions
{
    /// <summary>The bundle's folder (it holds manifest.json), a folder of its versions, or a repository that holds one bundle's versions.</summary>
    /// <value>A path; default "", which refuses to start and says what to do.</value>
    public string Path { get; set; } = "";

    /// <summary>
    /// Which versions to serve where Path holds several. "latest": the highest number, and higher ones as they come. "all": every one, the highest answers, the others can be pinned by requests. Names of versions: these, the highest of
    /// them answers. "explicit": none but those that ModelService loads.
    /// </summary>
    /// <value>"latest", "all", "explicit", or names of versions' folders separated by commas; default "latest".</value>
    [Required]
    public string Version { get; set; } = "latest";
}
