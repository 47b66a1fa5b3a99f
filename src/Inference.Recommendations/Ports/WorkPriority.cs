namespace Inference.Recommendations.Ports;

/// <summary>Who waits for a piece of work.</summary>
public enum WorkPriority
{
    /// <summary>A person waits for the answer: served first, and may use the whole queue.</summary>
    Interactive,

    /// <summary>Work by the thousand (streams of recommendations, item embedding): takes what is left and a small share that it is never denied, and may use half of the queue.</summary>
    Bulk,
}
