using System.ComponentModel.DataAnnotations;

namespace Inference.Server.Options;

/// <summary>The record of who changed what: calls of ModelService and StateService, changes of items, forgotten users. docs/security.md has its format.</summary>
public sealed class AuditOptions : IValidatableObject
{
    /// <summary>File to which each such call adds a line of JSON.</summary>
    /// <value>A path; default "": none. The log category Inference.Audit has them in any case.</value>
    public string File { get; set; } = "";

    /// <summary>Size in bytes at which the file is put aside, as FILE.1, and a new one begins.</summary>
    /// <value>4,096 to 1,099,511,627,776; default 67108864 (64 MiB).</value>
    [Range(4096L, 1L << 40)]
    public long MaxFileBytes { get; set; } = 64 << 20;

    /// <summary>Files that are kept beside the present one; the oldest goes first.</summary>
    /// <value>0 to 10,000; default 16.</value>
    [Range(0, 10_000)]
    public int MaxFiles { get; set; } = 16;

    /// <summary>Whether such calls are refused while the file cannot be written. Changes of items and forgotten users are never refused for that.</summary>
    /// <value>true or false; default false: they are answered, and the log says that the record has a gap.</value>
    public bool RefuseWhenBroken { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (RefuseWhenBroken && File.Length == 0)
            yield return new ValidationResult("there is no file that could be broken", [nameof(RefuseWhenBroken)]);
        if (File.Length > 0 && Path.GetDirectoryName(Path.GetFullPath(File)) is { } folder && !Directory.Exists(folder))
            yield return new ValidationResult($"there is no folder '{folder}'", [nameof(File)]);
    }
}
