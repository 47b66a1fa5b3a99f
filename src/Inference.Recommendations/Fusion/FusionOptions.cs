using System.ComponentModel.DataAnnotations;
using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Fusion;

/// <summary>How fused models score a catalogue.</summary>
public sealed class FusionOptions
{
    /// <summary>Catalogues up to this many items are scored whole by every source, which takes four bytes for each item and source while a request runs; of larger ones candidates are.</summary>
    /// <value>0 to 1,000,000; default 50,000.</value>
    [Range(0, 1_000_000)]
    public int DenseItems { get; set; } = 50_000;

    /// <summary>How many rows the towers, factors and popularity each propose where a catalogue is too large to be scored whole; twice the length of the slate where that is more. Other sources propose what they list.</summary>
    /// <value>10 to 10,000; default 1,000.</value>
    [Range(10, 10_000)]
    public int CandidatesPerSource { get; set; } = 1_000;

    /// <summary>After this time an item that was shown and passed over counts half of what it says of the user's clusters.</summary>
    /// <value>00:01:00 to 365.00:00:00; default 1.00:00:00 (a day).</value>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan SkipHalfLife { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// Where a bundle has cluster profiles, no fused model and at most <see cref="DenseItems"/> items, users with fewer known events than this, and users who passed something over, are answered by a mixture of the user tower, the profiles and popularity; all others by the user tower and the index. 0 turns the mixture off.
    /// </summary>
    /// <value>0 to 1,000; default 10.</value>
    [Range(0, 1_000)]
    public int FewEvents { get; set; } = 10;

    /// <summary>Whether what the context of a request says of the user's clusters is kept with the user, for later requests without context. The context itself is not.</summary>
    /// <value>true or false; default true.</value>
    public bool RememberContext { get; set; } = true;

    /// <summary>After this time what is remembered of a user's context counts half.</summary>
    /// <value>01:00:00 to 365.00:00:00; default 7.00:00:00 (a week).</value>
    [Range(typeof(TimeSpan), "01:00:00", "365.00:00:00")]
    public TimeSpan ContextHalfLife { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long the towers' scores may take, without the user tower itself. A source that is known to take longer is not begun, and the reply says so; now and then it is tried again.</summary>
    /// <value>00:00:00.0001 to 00:00:01; default 00:00:00.01 (10 ms).</value>
    [Range(typeof(TimeSpan), "00:00:00.0001", "00:00:01")]
    public TimeSpan TowersBudget { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The same for cluster profiles.</summary>
    /// <value>00:00:00.0001 to 00:00:01; default 00:00:00.01 (10 ms).</value>
    [Range(typeof(TimeSpan), "00:00:00.0001", "00:00:01")]
    public TimeSpan ProfilesBudget { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The same for each source of neighbours: items and users with much in common, rules.</summary>
    /// <value>00:00:00.0001 to 00:00:01; default 00:00:00.01 (10 ms).</value>
    [Range(typeof(TimeSpan), "00:00:00.0001", "00:00:01")]
    public TimeSpan NeighboursBudget { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The same for each source of factors.</summary>
    /// <value>00:00:00.0001 to 00:00:01; default 00:00:00.01 (10 ms).</value>
    [Range(typeof(TimeSpan), "00:00:00.0001", "00:00:01")]
    public TimeSpan FactorsBudget { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The same for each source that goes by context alone.</summary>
    /// <value>00:00:00.0001 to 00:00:01; default 00:00:00.01 (10 ms).</value>
    [Range(typeof(TimeSpan), "00:00:00.0001", "00:00:01")]
    public TimeSpan ContextBudget { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// How long the sources in this process may take together, without the user tower. What has not begun by then, or is known to take longer than what is left, is left out, and the reply says so; a source that runs is not cut off.
    /// </summary>
    /// <value>00:00:00.0005 to 00:00:01; default 00:00:00.02 (20 ms).</value>
    [Range(typeof(TimeSpan), "00:00:00.0005", "00:00:01")]
    public TimeSpan Budget { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The same for elements of streams, which would rather be late than worse.</summary>
    /// <value>00:00:00.001 to 00:01:00; default 00:00:01.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan BulkBudget { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>What one source of a kind may take; popularity is there already.</summary>
    internal TimeSpan BudgetOf(string kind) => kind switch
    {
        Sources.Towers => TowersBudget,
        Sources.ClusterProfile => ProfilesBudget,
        Sources.Neighbours => NeighboursBudget,
        Sources.Factors => FactorsBudget,
        Sources.Context => ContextBudget,
        _ => TimeSpan.MaxValue,
    };
}
