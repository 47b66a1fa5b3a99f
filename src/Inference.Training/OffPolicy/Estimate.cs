namespace Inference.Training.OffPolicy;

/// <summary>An estimated mean.</summary>
/// <param name="Value">The estimate.</param>
/// <param name="StandardError">Its standard error, of independent clusters.</param>
public readonly record struct Estimate(double Value, double StandardError)
{
    /// <summary>Of the normal distribution, for 95 %.</summary>
    private const double Quantile = 1.959963984540054;

    /// <summary>Lower end of the 95 % interval.</summary>
    public double Low => Value - (Quantile * StandardError);

    /// <summary>Upper end.</summary>
    public double High => Value + (Quantile * StandardError);
}
