namespace Inference.Vectors.Exact;

/// <summary>How far the scores of a search can be from its estimates: the proof of <see cref="ScanIndex"/> in arithmetic.</summary>
/// <remarks>
/// <para>Everything is in units of the estimate e = step·(scale·S) − square, where S is the sum over codes: a score is <c>unit·e + offset</c>. For inner product and cosine
/// the unit is |q|, so that no query is too long or short for fp32; for L2 it is 1 and the offset −|q|². The true e of a row is off by at most
/// step·<see cref="Spread"/> (what the row's code is off, which comes in steps) and <see cref="Error"/> (all else, for the stretch).</para>
/// <para>Computed in double, where rounding is 2⁻²⁹ of what it is bounding, and rounded outwards.</para>
/// </remarks>
internal readonly struct ScanBounds
{
    /// <summary>2⁻²⁴: half the distance from 1 to the next float.</summary>
    private const double Rounding = 1.0 / (1 << 24);

    /// <summary>The estimate itself is ten roundings of fp32 at most, of numbers no larger than the products of lengths that it is multiplied with.</summary>
    private const double EstimateRounding = 16 * Rounding;

    /// <summary>2⁻¹⁴⁹: the distance of the smallest floats, and the most that a product loses when it falls below them.</summary>
    private const double Underflow = 1.4e-45;

    /// <summary>Products of lengths below this overflow no sum of the kernels.</summary>
    private const double LargestProduct = 1e36;

    /// <summary>Past rounding in double.</summary>
    private const double Up = 1 + 1e-9;

    private readonly Metric _metric;
    private readonly double _norm;
    private readonly double _unit;
    private readonly double _offset;
    private readonly double _spread;
    private readonly double _codeError;
    private readonly double _rounding;
    private readonly double _underflow;

    /// <param name="metric">What a score is.</param>
    /// <param name="dimension">Elements of a vector.</param>
    /// <param name="norm">|q|; <see cref="AreGood"/> says of which.</param>
    /// <param name="code">The code of q that the estimates come from.</param>
    /// <param name="largestInverse">For cosine, the largest 1 ∕ |x|; otherwise 1.</param>
    public ScanBounds(Metric metric, int dimension, double norm, QueryCode code, double largestInverse)
    {
        _metric = metric;
        _norm = norm;
        bool isL2 = metric == Metric.L2;
        _unit = isL2 ? 1 : norm;
        _offset = isL2 ? -norm * norm : 0;
        double factor = isL2 ? 2 : 1 / norm;
        Scale = (float)(factor * code.Step);
        _spread = factor * code.Norm * Up;
        _codeError = factor * code.Error * Up;
        // How much longer than a vector its code can be, and a part of the code: half a step, of at most |q| ∕ 63, in each dimension.
        double growth = 1 + Math.Sqrt(dimension) / 63;
        _rounding = (dimension / 16 + 9) * Rounding + EstimateRounding * growth * growth * growth;
        _underflow = 1e-42 + dimension * Underflow * largestInverse / _unit;
    }

    /// <summary>What a sum over codes is multiplied with, before the step of the row.</summary>
    public float Scale { get; }

    /// <summary>Whether bounds hold for queries of this length: outside this range fp32 has too few digits, or overflows, and every row has to be scored.</summary>
    public static bool AreGood(Metric metric, double norm) => metric == Metric.L2 ? norm < 1e18 : norm is > 1e-30 and < 1e36;

    /// <summary>How far an estimate may be off for each unit of the row's step.</summary>
    /// <param name="ratio">The largest error of a row code of the stretch, in steps.</param>
    public float Spread(float ratio) => MathF.BitIncrement((float)(_spread * ratio));

    /// <summary>How far it may be off besides, in the units of the estimate; infinite where the lengths leave fp32.</summary>
    /// <param name="norm">The longest row of the stretch.</param>
    public double Error(float norm)
    {
        double product = _norm * norm;
        if (!(product < LargestProduct))
            return double.PositiveInfinity;
        return _metric == Metric.L2
            ? _codeError * norm + _rounding * (_norm + norm) * (_norm + norm) + _underflow
            : _codeError * norm + _rounding * norm + _underflow;
    }

    /// <summary>Rows whose estimate plus spread is below this cannot reach a score.</summary>
    /// <param name="score">As the fp32 kernels give it; −∞ for any.</param>
    /// <param name="error">Of the stretch.</param>
    public float Least(float score, double error)
    {
        // The kernels' cosine is cut off at −1, which any row may then reach.
        if (_metric == Metric.Cosine && score <= -1)
            return float.NegativeInfinity;
        return MathF.BitDecrement((float)((score - _offset) / _unit - error));
    }

    /// <summary>A score that a row reaches at least.</summary>
    /// <param name="estimate">Its estimate less its spread.</param>
    /// <param name="error">Of the stretch.</param>
    public float Floor(double estimate, double error)
    {
        float score = MathF.BitDecrement((float)(_unit * (estimate - error) + _offset)) + 0f;
        return _metric == Metric.Cosine ? Math.Min(score, 1) : score;
    }

    /// <summary>For inner product: whether rows no longer than this cannot reach a score, by Cauchy and Schwarz.</summary>
    public bool IsOutOfReach(float score, float norm)
    {
        double product = _norm * norm;
        return product < LargestProduct && product * (1 + _rounding) + _underflow * _unit < score;
    }
}
