namespace Inference.Recommendations.Queries;

/// <summary>Why a reply is less than it could have been.</summary>
public enum DegradationReason
{
    Failed = 1,
    Timeout = 2,
    Unavailable = 3,
    UnknownItems = 4,
    UnknownFeatures = 5,
    TooFewCandidates = 6,
    LowRecall = 7,
    Overloaded = 8,
}

/// <summary>One way in which a reply is less than it could have been.</summary>
/// <param name="Component">The part of the server or the request; one of <see cref="Components"/>.</param>
/// <param name="Reason">What happened to it.</param>
/// <param name="Detail">One sentence for people, without user or item ids.</param>
public readonly record struct Degradation(string Component, DegradationReason Reason, string Detail);
