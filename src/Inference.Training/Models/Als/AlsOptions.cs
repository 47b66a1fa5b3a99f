namespace Inference.Training.Models;

/// <summary>How <see cref="ImplicitAls"/> is fitted.</summary>
public sealed record AlsOptions
{
    /// <value>Length of a factor, 1 to 1,024. Default 64.</value>
    public int Dimension { get; init; } = 64;

    /// <value>λ: penalty per unit of weight that a user or item has; above 0. Default 0.01.</value>
    public double Ridge { get; init; } = 0.01;

    /// <value>a₀: weight of what was not seen, against 1 for what was; above 0. Default 1.</value>
    public double UnseenWeight { get; init; } = 1;

    /// <value>Rounds of users and items, 1 to 1,000. Default 12.</value>
    public int Iterations { get; init; } = 12;

    /// <value>Names the chance of the first factors. Default 1.</value>
    public ulong Seed { get; init; } = 1;

    /// <summary>Factors that other models are built on: enough rounds to tell, with what was not seen weighing less.</summary>
    internal static AlsOptions Foundation { get; } = new() { Dimension = 64, Ridge = 0.01, UnseenWeight = 0.3, Iterations = 8 };

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Dimension, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Dimension, 1024);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Ridge);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(UnseenWeight);
        ArgumentOutOfRangeException.ThrowIfLessThan(Iterations, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Iterations, 1000);
    }
}
