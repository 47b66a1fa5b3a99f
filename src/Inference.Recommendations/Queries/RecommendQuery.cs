using Inference.Recommendations.Exploration;
using Inference.Recommendations.Features;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Surfaces;

namespace Inference.Recommendations.Queries;

/// <summary>What to show to this user, now, here. Validated by the caller: numbers finite, counts and lengths within their limits.</summary>
public sealed class RecommendQuery
{
    /// <summary>Opaque id of the user; empty for an anonymous session.</summary>
    public string UserId { get; init; } = "";

    /// <summary>Context features of this request; they go before stored ones.</summary>
    public IReadOnlyDictionary<string, FeatureValue> Context { get; init; } = FeatureSet.None;

    /// <summary>Items that the user or session touched, latest last.</summary>
    public IReadOnlyList<string> RecentItemIds { get; init; } = [];

    /// <summary>Items that must not be returned.</summary>
    public IReadOnlyList<string> ExcludedItemIds { get; init; } = [];

    /// <summary>When not empty, only these may be returned.</summary>
    public IReadOnlyList<string> AllowedItemIds { get; init; } = [];

    /// <summary>When there is one, only items that it selects may be returned.</summary>
    public ItemFilter? Filter { get; init; }

    /// <summary>How many items to return, at least 1.</summary>
    public int Limit { get; init; } = 10;

    /// <summary>Whether items of the user's history may be returned again.</summary>
    public bool IncludeSeen { get; init; }

    /// <summary>Whether each item carries a reason.</summary>
    public bool Explain { get; init; }

    /// <summary>The retrievers that may answer; popularity always may, as the last resort.</summary>
    public Retrievers Retrievers { get; init; } = Retrievers.All;

    /// <summary>Who waits for the answer; what nobody waits for stands behind in the towers.</summary>
    public WorkPriority Priority { get; init; }

    /// <summary>Id of the request: the seed of what is drawn, and what events and the log of decisions name.</summary>
    public string RequestId { get; init; } = "";

    /// <summary>How slots that explore are filled; null for the configured policy.</summary>
    public ExplorationPolicy? Exploration { get; init; }

    /// <summary>Slots that are kept for new items, at least 0; null for the configured share.</summary>
    public int? NewItemSlots { get; init; }

    /// <summary>Where the slate is shown; null for the server's default way.</summary>
    public Surface? Surface { get; init; }

    /// <summary>How the slate is made up: the surface's rules with what the request says instead.</summary>
    public SlateRules Slate { get; init; } = SlateRules.None;

    /// <summary>Which page is asked for; null for the first.</summary>
    public Page? Page { get; init; }

    /// <summary>Most bytes that explanations may add to the reply, at least 0.</summary>
    public int ExplanationBytes { get; init; } = int.MaxValue;

    /// <summary>Whether there is no room for more than the cheapest answer: no store is asked, no model run and no index searched.</summary>
    public bool IsOverloaded { get; init; }

    /// <summary>When the caller stops waiting; the ladder skips rungs that would miss it.</summary>
    public DateTimeOffset Deadline { get; init; } = DateTimeOffset.MaxValue;
}
