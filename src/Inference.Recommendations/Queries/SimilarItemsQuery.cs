using Inference.Recommendations.Filters;
using Inference.Recommendations.Surfaces;

namespace Inference.Recommendations.Queries;

/// <summary>Which items are near to these? Validated by the caller.</summary>
public sealed class SimilarItemsQuery
{
    /// <summary>The items in question, at least one; they are never returned.</summary>
    public required IReadOnlyList<string> ItemIds { get; init; }

    /// <summary>Items that must not be returned.</summary>
    public IReadOnlyList<string> ExcludedItemIds { get; init; } = [];

    /// <summary>When not empty, only these may be returned.</summary>
    public IReadOnlyList<string> AllowedItemIds { get; init; } = [];

    /// <summary>When there is one, only items that it selects may be returned.</summary>
    public ItemFilter? Filter { get; init; }

    /// <summary>How many items to return, at least 1.</summary>
    public int Limit { get; init; } = 10;

    /// <summary>Whether each item carries a reason.</summary>
    public bool Explain { get; init; }

    /// <summary>How the slate is made up: the surface's rules with what the request says instead.</summary>
    public SlateRules Slate { get; init; } = SlateRules.None;

    /// <summary>Name of the surface; empty for none.</summary>
    public string Surface { get; init; } = "";

    /// <summary>Which page is asked for; null for the first.</summary>
    public Page? Page { get; init; }

    /// <summary>Most bytes that explanations may add to the reply, at least 0.</summary>
    public int ExplanationBytes { get; init; } = int.MaxValue;

    /// <summary>When the answer must have been sent.</summary>
    public DateTimeOffset Deadline { get; init; } = DateTimeOffset.MaxValue;
}
