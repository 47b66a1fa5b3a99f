namespace Fuzz.Engine;

/// <summary>What came of a number of cases of one target.</summary>
/// <param name="Target">Its name.</param>
public sealed record FuzzReport(string Target)
{
    /// <summary>Cases that were run.</summary>
    public int Cases { get; set; }

    /// <summary>Inputs that were taken; the others were refused as they should be.</summary>
    public int Taken { get; set; }

    /// <summary>The longest case.</summary>
    public TimeSpan Longest { get; set; }

    /// <summary>Time of all cases together.</summary>
    public TimeSpan Elapsed { get; set; }

    /// <summary>One for each kind.</summary>
    public List<Finding> Findings { get; init; } = [];

    /// <summary>Cases in which something did not hold, also those of a kind that was known by then.</summary>
    public int Failures { get; set; }

    /// <summary>Cases a second.</summary>
    public double Rate => Elapsed > TimeSpan.Zero ? Cases / Elapsed.TotalSeconds : 0;
}
