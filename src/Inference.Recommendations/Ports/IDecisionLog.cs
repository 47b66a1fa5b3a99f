using Inference.Recommendations.Decisions;

namespace Inference.Recommendations.Ports;

/// <summary>Keeps what requests were answered with, for replay. Safe for concurrent use.</summary>
public interface IDecisionLog
{
    /// <summary>Whether a request's decision is kept; asked before one is made, so that what is not kept costs nothing.</summary>
    /// <param name="requestId">The request.</param>
    /// <param name="byChance">Whether chance had a part in the answer.</param>
    bool Keeps(string requestId, bool byChance);

    /// <summary>Keeps a decision; returns at once. What cannot be kept is dropped and counted.</summary>
    void Add(Decision decision);
}
