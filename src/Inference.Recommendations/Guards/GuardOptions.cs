using System.ComponentModel.DataAnnotations;

namespace Inference.Recommendations.Guards;

/// <summary>What keeps slates from repeating themselves, and from leaving groups of items out. Docs: docs/cold-start.md.</summary>
public sealed class GuardOptions : IValidatableObject
{
    /// <summary>What counts as for ever.</summary>
    internal static readonly TimeSpan Always = TimeSpan.FromDays(36_500);

    /// <summary>
    /// How many times an item is shown to a user, as recorded SKIP events say, before it is held back: until fewer of them lie within ShownWithin, or the user touches it. Off by default: it takes an item out that may still be the best
    /// one, and means nothing where impressions are not confirmed.
    /// </summary>
    /// <value>0 (off) to 1,000; default 0.</value>
    [Range(0, 1_000)]
    public int ShownAtMost { get; set; }

    /// <summary>For how long a confirmed impression counts towards ShownAtMost.</summary>
    /// <value>00:00:01 to 365.00:00:00; default 1.00:00:00.</value>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan ShownWithin { get; set; } = TimeSpan.FromDays(1);

    /// <summary>For how long an item is left out of slates after the user viewed it. Items of the bundle's history and of a request's recent_item_ids are always left out, unless the request includes what was seen.</summary>
    /// <value>00:00:00 (shown again at once) to 36500.00:00:00; default 36500.00:00:00 (always).</value>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan SeenAfterView { get; set; } = Always;

    /// <summary>The same after a click.</summary>
    /// <value>00:00:00 to 36500.00:00:00; default 36500.00:00:00 (always).</value>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan SeenAfterClick { get; set; } = Always;

    /// <summary>The same after the item was put into the cart.</summary>
    /// <value>00:00:00 to 36500.00:00:00; default 36500.00:00:00 (always).</value>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan SeenAfterCart { get; set; } = Always;

    /// <summary>The same after a purchase.</summary>
    /// <value>00:00:00 to 36500.00:00:00; default 36500.00:00:00 (always).</value>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan SeenAfterPurchase { get; set; } = Always;

    /// <summary>The same after a like.</summary>
    /// <value>00:00:00 to 36500.00:00:00; default 36500.00:00:00 (always).</value>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan SeenAfterLike { get; set; } = Always;

    /// <summary>
    /// Groups of items with the share of the slots that each has at least, as NAME=VALUE:SHARE, NAME&lt;NUMBER:SHARE or NAME&gt;=NUMBER:SHARE. NAME is an attribute or a feature of items; "is_new=true" are the items that slots for new items
    /// are kept for.
    /// </summary>
    /// <value>Up to 16 with commas, for example "shop=small:0.2,category=new arrivals:0.1"; the shares add up to at most 1; default "".</value>
    public IReadOnlyList<string> ExposureFloors { get; set; } = [];

    /// <summary>How many of the best items beyond the slate ExposureFloors may take from. What a group lacks there is not reached, and labelled.</summary>
    /// <value>10 to 1,000; default 100.</value>
    [Range(10, 1_000)]
    public int FloorDepth { get; set; } = 100;

    /// <summary>The rules that span options.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (string problem in Guards.ExposureFloors.Problems(ExposureFloors))
            yield return new ValidationResult(problem, [nameof(ExposureFloors)]);
    }
}
