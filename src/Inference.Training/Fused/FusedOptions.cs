using Inference.Training.TwoTower;

namespace Inference.Training.Fused;

/// <summary>How a fused model is trained.</summary>
public sealed record FusedOptions
{
    /// <value>Names everything that is chance. Default 1.</value>
    public ulong Seed { get; init; } = 1;

    /// <value>Towers to go on from; null to begin anew.</value>
    public TwoTowerState? WarmStart { get; init; }
}
