using System.ComponentModel.DataAnnotations;

namespace Inference.Recommendations.Filters;

/// <summary>Filter expressions over attributes of items. Docs: docs/filters.md.</summary>
public sealed class FilterOptions : IValidatableObject
{
    /// <summary>
    /// A filter that every request has beside its own, for example what may be sold now. Attributes that no item of a bundle has are missing on all of them, and the log warns; a comparison that the type of an attribute rules out refuses the
    /// bundle.
    /// </summary>
    /// <value>An expression, for example "stock > 0 and (missing(available_to) or available_to > now())"; default "" (all items).</value>
    public string Always { get; set; } = "";

    /// <summary>Attributes whose columns are made while a bundle loads, beside those of Always. Others are made when a filter first names them, and that request waits for it: a pass over all items.</summary>
    /// <value>Names with commas; "*" for all attributes and features of items; default "".</value>
    public IReadOnlyList<string> Columns { get; set; } = [];

    /// <summary>For how long the rows of a filter with now() are kept: what the clock changes is seen that much later at most.</summary>
    /// <value>00:00:00.1 to 00:10:00; default 00:00:01.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan Grain { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Filters whose rows are kept for each loaded version; those that were not used for longest go first.</summary>
    /// <value>1 to 65,536; default 256.</value>
    [Range(1, 65_536)]
    public int CacheEntries { get; set; } = 256;

    /// <summary>Bytes that kept rows take at most for each loaded version; a bit for each item and filter.</summary>
    /// <value>65,536 to 17,179,869,184; default 67,108,864 (64 MiB).</value>
    [Range(65_536L, 17_179_869_184L)]
    public long CacheBytes { get; set; } = 64L << 20;

    /// <summary>Bytes that columns take at most for each loaded version: 8 for each item and attribute with numbers, 4 with texts. Beyond it, those that were not used for longest go.</summary>
    /// <value>1,048,576 to 274,877,906,944; default 1,073,741,824 (1 GiB).</value>
    [Range(1_048_576L, 274_877_906_944L)]
    public long ColumnBytes { get; set; } = 1L << 30;

    /// <summary>The rules that no attribute can state.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Always.Length > 0 && !ItemFilter.TryParse(Always, out _, out FilterError? error))
            yield return new ValidationResult($"Always is no filter: {error}", [nameof(Always)]);
        if (Columns.Any(string.IsNullOrWhiteSpace))
            yield return new ValidationResult("Columns holds an empty name.", [nameof(Columns)]);
    }

    /// <summary>The filter of <see cref="Always"/>; null for none.</summary>
    /// <exception cref="InvalidOperationException">It is no expression; <see cref="Validate"/> says so first.</exception>
    internal ItemFilter? AlwaysFilter() =>
        Always.Length == 0 ? null : ItemFilter.TryParse(Always, out ItemFilter? filter, out FilterError? error) ? filter : throw new InvalidOperationException($"Always is no filter: {error}");
}
