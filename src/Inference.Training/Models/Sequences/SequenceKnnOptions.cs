namespace Inference.Training.Models;

/// <summary>How <see cref="SequenceKnn"/> is fitted and read.</summary>
public sealed record SequenceKnnOptions
{
    /// <value>What a user who has both items adds, wherever they stand in the list; at least 0. Default 0.2.</value>
    public double SetWeight { get; init; } = 0.2;

    /// <value>Steps after which the weight of a pair in the order of time has halved; above 0. A pair of neighbours adds 1. Default 5.</value>
    public double HalfDistance { get; init; } = 5;

    /// <value>What a pair adds to the weight against the order of time, as a share of that with it; 0 to 1. Default 1.</value>
    public double Backward { get; init; } = 1;

    /// <value>What a basket with both items adds; at least 0. Default 0.5.</value>
    public double BasketWeight { get; init; } = 0.5;

    /// <value>0 to 1, as in <see cref="ItemKnnOptions.Alpha"/>. Default 0.5.</value>
    public double Alpha { get; init; } = 0.5;

    /// <value>Added to the denominator; at least 0. Default 20.</value>
    public double Shrink { get; init; } = 20;

    /// <value>How many history items may speak for a candidate; at least 1. Default 400.</value>
    public int Neighbours { get; init; } = 400;

    /// <value>Events after which an item of the history counts half; above 0, infinity for all alike. Default infinity.</value>
    public double HalfLife { get; init; } = double.PositiveInfinity;
}
