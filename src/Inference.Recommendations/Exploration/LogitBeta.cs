namespace Inference.Recommendations.Exploration;

/// <summary>The distribution of logit(θ) for θ ~ Beta(a, b), as a table over equal steps that is read in nanoseconds. Immutable.</summary>
internal sealed class LogitBeta
{
    /// <summary>Where the tables begin: a click rate of 10⁻⁷.</summary>
    private const double Lowest = -16;

    /// <summary>Where they end: a click rate of 0.9975.</summary>
    private const double Highest = 6;

    private const int Steps = 352;

    private readonly float[] _cdf = new float[Steps + 1];

    /// <param name="a">Above 0.</param>
    /// <param name="b">Above 0.</param>
    public LogitBeta(double a, double b)
    {
        (Low, High) = (Highest, Lowest);
        for (int i = 0; i <= Steps; i++)
        {
            double logit = Lowest + (i * (Highest - Lowest) / Steps);
            double rate = 1 / (1 + Math.Exp(-logit)), complement = 1 / (1 + Math.Exp(logit));
            double cdf = Math.Clamp(BetaDistribution.Cdf(a, b, rate, complement), 0, 1);
            _cdf[i] = (float)cdf;
            if (cdf > LowTail)
                Low = Math.Min(Low, logit);
            if (cdf < 1 - HighTail)
                High = Math.Max(High, logit);
        }
    }

    /// <summary>What lies below <see cref="Low"/>.</summary>
    public const double LowTail = 1e-3;

    /// <summary>What lies above <see cref="High"/>, about.</summary>
    public const double HighTail = 1e-6;

    /// <summary>Almost never is the logit below.</summary>
    public double Low { get; }

    /// <summary>Almost never is it above.</summary>
    public double High { get; }

    /// <summary>P(logit(θ) ≤ x), linear between the steps.</summary>
    public float Cdf(double x)
    {
        double place = (x - Lowest) * (Steps / (Highest - Lowest));
        if (!(place > 0))
            return 0f;
        if (place >= Steps)
            return 1f;
        int step = (int)place;
        float share = (float)(place - step);
        return _cdf[step] + (share * (_cdf[step + 1] - _cdf[step]));
    }
}
