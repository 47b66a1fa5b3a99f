using System.ComponentModel.DataAnnotations;

namespace Inference.Recommendations.Pipeline;

/// <summary>How the pipeline answers.</summary>
public sealed class PipelineOptions : IValidatableObject
{
    /// <summary>Items per slate where the request does not say.</summary>
    /// <value>1 to MaxLimit; default 10.</value>
    [Range(1, 10_000)]
    public int DefaultLimit { get; set; } = 10;

    /// <summary>Most items per slate; larger limits are capped to it.</summary>
    /// <value>1 to 10,000; default 1,000.</value>
    [Range(1, 10_000)]
    public int MaxLimit { get; set; } = 1_000;

    /// <summary>How long a reply waits for the store of user states before it goes on without.</summary>
    /// <value>00:00:00.0001 to 00:00:01; default 00:00:00.002 (2 ms).</value>
    [Range(typeof(TimeSpan), "00:00:00.0001", "00:00:01")]
    public TimeSpan UserStateBudget { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>How long a reply waits for the user tower before it falls to the next rung.</summary>
    /// <value>00:00:00.001 to 00:00:10; default 00:00:00.05 (50 ms).</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan TowerBudget { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long an element of a stream waits for the user tower: it stands behind single calls, and would rather be late than worse.</summary>
    /// <value>00:00:00.001 to 00:01:00; default 00:00:02.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan BulkTowerBudget { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a reply waits for a search on a device before the index in memory answers; only where Inference:Index:Kind is "GpuExact".</summary>
    /// <value>00:00:00.001 to 00:00:10; default 00:00:00.02 (20 ms).</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan DeviceSearchBudget { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Time kept back from the caller's deadline for ranking and sending: a rung may use what is left before it.</summary>
    /// <value>00:00:00 to 00:00:01; default 00:00:00.001 (1 ms).</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:01")]
    public TimeSpan DeadlineReserve { get; set; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Most bytes that explanations may add to a reply where the request does not say: reasons, score parts, what moved items, and the report.</summary>
    /// <value>256 to 1,048,576; default 16,384.</value>
    [Range(256, 1_048_576)]
    public int ExplanationBytes { get; set; } = 16_384;

    /// <summary>Most items over all pages of one list. 0 gives no page tokens, which saves each reply a few hundred bytes.</summary>
    /// <value>0 to 1,000; default 1,000.</value>
    [Range(0, 1_000)]
    public int PagedItems { get; set; } = 1_000;

    /// <summary>The rules that span options.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (DefaultLimit > MaxLimit)
            yield return new ValidationResult($"DefaultLimit must not be above MaxLimit ({MaxLimit})", [nameof(DefaultLimit)]);
    }
}
