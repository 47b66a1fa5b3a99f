namespace Inference.Training.OffPolicy;

/// <summary>An estimated mean.</summary>
/// <param name="Value">The estimate.</param>
/// <param name="StandardError">Its standard error, of independent clusters.</param>
/// <param name="Freedom">Degrees of freedom that the error was estimated with: few where single clusters decide it (Satterthwaite, 1946).</param>
public readonly record struct Estimate(double Value, double StandardError, double Freedom)
{
    /// <summary>Of the normal distribution, for 95 %.</summary>
    private const double Normal = 1.959963984540054;

    private const double FewestFreedom = 3;

    /// <summary>Lower end of the 95 % interval.</summary>
    public double Low => Value - (Quantile * StandardError);

    /// <summary>Upper end.</summary>
    public double High => Value + (Quantile * StandardError);

    /// <summary>Of Student's distribution, by the first terms of its expansion about the normal one (Abramowitz and Stegun, 26.7.5).</summary>
    private double Quantile
    {
        get
        {
            double z = Normal, cube = z * z * z, freedom = Math.Max(FewestFreedom, Freedom);
            return z + ((cube + z) / (4 * freedom)) + (((5 * cube * z * z) + (16 * cube) + (3 * z)) / (96 * freedom * freedom));
        }
    }
}
