using System.ComponentModel.DataAnnotations;

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

    /// <summary>How long the sources in this process may take together, without the user tower. What has not begun by then is left out, and the reply says so; a source that runs is not cut off.</summary>
    /// <value>00:00:00.0005 to 00:00:01; default 00:00:00.02 (20 ms).</value>
    [Range(typeof(TimeSpan), "00:00:00.0005", "00:00:01")]
    public TimeSpan Budget { get; set; } = TimeSpan.FromMilliseconds(20);
}
