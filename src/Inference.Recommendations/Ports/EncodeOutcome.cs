namespace Inference.Recommendations.Ports;

/// <summary>How a call of a tower that did not fail ended.</summary>
public enum EncodeOutcome
{
    /// <summary>The embeddings are there.</summary>
    Encoded,

    /// <summary>The call's patience would have ended, or had ended, before the tower could answer; nothing was computed for it.</summary>
    Late,

    /// <summary>Too many rows wait for the tower already.</summary>
    Refused,
}
