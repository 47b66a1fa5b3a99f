using System.ComponentModel.DataAnnotations;
using Inference.Recommendations.Surfaces;

namespace Inference.Server.Options;

/// <summary>Where slates are shown, and how they are made for each place; docs/surfaces.md has the file's format.</summary>
public sealed class SurfaceOptions : IValidatableObject
{
    /// <summary>The file of surfaces. A changed file takes effect while the server runs; one that is refused leaves the surfaces as they were, and the log says why.</summary>
    /// <value>A path; default "", which stands for the built-in surfaces home, product, cart and search.</value>
    public string File { get; set; } = "";

    /// <summary>How often the file is looked at for changes.</summary>
    /// <value>00:00:00 (never) to 01:00:00; default 00:00:02.</value>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Everything that is wrong with the file.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (File.Length == 0 || SurfacesFile.TryReadFile(File, out IReadOnlyList<SurfaceProblem> problems) is not null)
            yield break;
        foreach (SurfaceProblem problem in problems)
            yield return new ValidationResult($"'{File}' is refused: {problem}", [nameof(File)]);
    }
}
