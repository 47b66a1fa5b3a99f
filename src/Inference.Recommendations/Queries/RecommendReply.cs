using Inference.Recommendations.Exploration;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Queries;

/// <summary>One item of a slate.</summary>
/// <param name="ItemId">Id of the item.</param>
/// <param name="Score">Higher is better; comparable within one source of one reply only.</param>
/// <param name="Source">The retriever that found it; one of <see cref="Sources"/>.</param>
/// <param name="Propensity">Probability in (0, 1] with which the policy puts this item into this slot, given those that were filled before.</param>
/// <param name="Reason">Why it is shown; null unless asked for.</param>
/// <param name="SlotType">How it was chosen.</param>
public readonly record struct RecommendedItem(string ItemId, float Score, string Source, double Propensity, Reason? Reason, SlotType SlotType = SlotType.Exploit)
{
    // One reference, so that slates without explanations do not pay for places to keep them in.
    private readonly Explanation? _explanation = Reason is null ? null : new Explanation(Reason, null, null);

    /// <summary>Why it is shown; null unless asked for.</summary>
    public Reason? Reason => _explanation?.Reason;

    /// <summary>What the score is made of: adds up to <see cref="Score"/>. Null unless asked for.</summary>
    public IReadOnlyList<ScorePart>? Parts
    {
        get => _explanation?.Parts;
        init => _explanation = value is null && _explanation is null ? null : (_explanation ?? Explanation.None) with { Parts = value };
    }

    /// <summary>What moved the item; null where nothing did, or nobody asks.</summary>
    public IReadOnlyList<Adjustment>? Adjustments
    {
        get => _explanation?.Adjustments;
        init => _explanation = value is null && _explanation is null ? null : (_explanation ?? Explanation.None) with { Adjustments = value };
    }

    private sealed record Explanation(Reason? Reason, IReadOnlyList<ScorePart>? Parts, IReadOnlyList<Adjustment>? Adjustments)
    {
        public static Explanation None { get; } = new(null, null, null);
    }
}

/// <summary>The slate, and how it came about.</summary>
/// <param name="Model">The model that answered.</param>
/// <param name="ServedBy">The rung that made the slate; items filled in after it name their own source.</param>
/// <param name="Items">The slate, best first.</param>
/// <param name="Degraded">What made it less than it could have been; empty when nothing did.</param>
/// <param name="Policy">By which slots that explore were chosen; <see cref="ExplorationPolicy.Off"/> where none was.</param>
public sealed record RecommendReply(
    ModelIdentity Model, Rung ServedBy, IReadOnlyList<RecommendedItem> Items, IReadOnlyList<Degradation> Degraded, ExplorationPolicy Policy = ExplorationPolicy.Off)
{
    /// <summary>Whether items are left that may be shown after these.</summary>
    public bool HasMore { get; init; }

    /// <summary>What the slate is like; null unless asked for.</summary>
    public SlateReport? Report { get; init; }

    /// <summary>The surface; empty for the default way.</summary>
    public string Surface { get; init; } = "";
}
