using Inference.Training.Models;
using Inference.Training.TwoTower;

namespace Inference.Training.Fused;

/// <summary>How a fused model is trained.</summary>
public sealed record FusedOptions
{
    /// <value>Names everything that is chance. Default 1.</value>
    public ulong Seed { get; init; } = 1;

    /// <value>Shape and training of the towers; the seed is <see cref="Seed"/>, and where they go on from earlier ones, the shape is theirs.</value>
    public TwoTowerOptions Towers { get; init; } = new();

    internal TwoTowerOptions TowersToTrain =>
        (WarmStart is { } earlier ? Towers with { Dimension = earlier.Dimension, Hidden = earlier.Hidden, MaxHistory = earlier.MaxHistory } : Towers) with { Seed = Seed };

    /// <value>A model whose scores the towers learn from beside the events; null for none. Called by several threads.</value>
    public RankingModel? Teacher { get; init; }

    /// <value>Towers to go on from; null to begin anew.</value>
    public TwoTowerState? WarmStart { get; init; }
}
