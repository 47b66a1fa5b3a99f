using Inference.Recommendations.Exploration;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Users;

namespace Inference.Recommendations.Decisions;

/// <summary>What one request was answered with, and by which chances: what a replay needs to judge other policies.</summary>
/// <param name="RequestId">The request; events name it.</param>
/// <param name="Time">When it was answered.</param>
/// <param name="User">The user's key; the default for nobody.</param>
/// <param name="ModelVersion">"name/version" of the model.</param>
/// <param name="ServedBy">The rung that made the slate.</param>
/// <param name="KnownEvents">How many events of the user were known.</param>
/// <param name="Policy">The policy of the slots that explored.</param>
/// <param name="Slots">The slate, in order.</param>
/// <param name="Choices">The draws that chance decided, in the order in which they were made; empty where it decided none.</param>
public sealed record Decision(
    string RequestId, DateTimeOffset Time, UserKey User, string ModelVersion, Rung ServedBy, int KnownEvents, ExplorationPolicy Policy, IReadOnlyList<DecidedSlot> Slots, IReadOnlyList<Choice> Choices)
{
    /// <summary>Which page of a longer list it is, from 1. Pages of one list may have the same request id.</summary>
    public int Page { get; init; } = 1;

    /// <summary>Items of the pages before: the first slot is the one after. The slots of <see cref="Choices"/> are counted so.</summary>
    public int ShownBefore { get; init; }

    /// <summary>Request id of the first page.</summary>
    public string FirstRequestId { get; init; } = RequestId;
}

/// <summary>One slot of a slate.</summary>
/// <param name="ItemId">The item.</param>
/// <param name="Type">How it was chosen.</param>
/// <param name="Score">Its score.</param>
/// <param name="Propensity">The probability with which it was put there.</param>
/// <param name="Adjustments">What moved it, pins and boosts always; null where nothing did.</param>
public readonly record struct DecidedSlot(string ItemId, SlotType Type, float Score, double Propensity, IReadOnlyList<Adjustment>? Adjustments = null);
