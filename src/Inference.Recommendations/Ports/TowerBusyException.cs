namespace Inference.Recommendations.Ports;

/// <summary>A tower had no time or no room for a call that has no other way out. It is not broken: later, or with more time, the same call may be answered.</summary>
public sealed class TowerBusyException : TowerException
{
    /// <param name="outcome"><see cref="EncodeOutcome.Late"/> or <see cref="EncodeOutcome.Refused"/>.</param>
    public TowerBusyException(EncodeOutcome outcome)
        : base(outcome == EncodeOutcome.Late ? "The tower could not answer in time." : "Too many rows wait for the tower already.") => Outcome = outcome;

    /// <summary>What the tower said.</summary>
    public EncodeOutcome Outcome { get; }
}
