namespace Inference.Training.Models;

/// <summary>How <see cref="UserKnn"/> reads training users.</summary>
public sealed record UserKnnOptions
{
    /// <value>Nearest training users that speak for items; at least 1. Default 200.</value>
    public int Neighbours { get; init; } = 200;

    /// <value>Events after which an item of the history counts half; above 0. Default 10.</value>
    public double HalfLife { get; init; } = 10;

    /// <value>Power of an item's rarity ln(users ∕ users with it) where users are compared; at least 0. Default 1.</value>
    public double RarityPower { get; init; } = 1;

    /// <value>Power of the length of a training user's list that their likeness is divided by; 0.5 is the cosine. Default 0.5.</value>
    public double LengthPower { get; init; } = 0.5;

    /// <value>Events of a training user's list after which an item that is this far from the ones in common counts half; above 0, infinity for all alike. Default infinity.</value>
    public double HalfDistance { get; init; } = double.PositiveInfinity;
}
