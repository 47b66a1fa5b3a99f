using System.ComponentModel.DataAnnotations;

namespace Inference.Recommendations.Exploration;

/// <summary>Slots for items that few users have been shown yet: any order by score leaves most of them unseen.</summary>
public sealed class NewItemOptions
{
    /// <summary>Whether slots are kept where a request does not say.</summary>
    /// <value>true or false; default false.</value>
    public bool IsOn { get; set; }

    /// <summary>Share of the slots that are kept: one of every ten at 0.1. A shorter slate of at least two has one.</summary>
    /// <value>0 to 1; default 0.1.</value>
    [Range(0, 1.0)]
    public double Share { get; set; } = 0.1;

    /// <summary>Whether items of the bundle that nobody had touched when it was made count as new, beside those that are added while serving. Their time begins when the server has loaded the bundle.</summary>
    /// <value>true or false; default true.</value>
    public bool FromBundle { get; set; } = true;

    /// <summary>After how many confirmed impressions an item has had its exposure and leaves the slots to others; and with Compete, until when it goes before those that had theirs.</summary>
    /// <value>1 to 1,000,000; default 20.</value>
    [Range(1, 1_000_000)]
    public double ExposureFloor { get; set; } = 20;

    /// <summary>Whether items that had their exposure stay until <see cref="MostAge"/> and fill the slots where no item lacks any, by what was learned of them; otherwise such slots are filled as others are.</summary>
    /// <value>true or false; default true.</value>
    public bool Compete { get; set; } = true;

    /// <summary>After which time an item is new no more, however little it was shown.</summary>
    /// <value>00:01:00 to 365.00:00:00; default 2.00:00:00 (48 hours).</value>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan MostAge { get; set; } = TimeSpan.FromHours(48);
}
