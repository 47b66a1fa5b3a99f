using System.Runtime.CompilerServices;
using Inference.Vectors.Kernels.Bytes;

namespace Inference.Vectors.Exact;

/// <summary>The 8-bit code of one row, see <see cref="ScanCodes"/>.</summary>
internal static class RowCode
{
    /// <summary>Rows whose y is longer than this are not trusted to fp32 arithmetic: their norm is given as infinite, and they are always scored.</summary>
    private const double LongestForL2 = 1e18, Longest = 1e36;

    /// <summary>2⁻¹²⁶, so that a step is a float with all its digits.</summary>
    private const double LeastStep = 1.17549435e-38;

    /// <summary>The step of a row.</summary>
    /// <param name="largest">max|yᵢ|.</param>
    public static float Step(double largest) => (float)Math.Max(largest / 127, LeastStep);

    /// <summary>|y| for the bounds: whether the kernels' sums over a row, and sums over its code, stay within fp32 decides whether it is finite.</summary>
    /// <param name="metric">For cosine it is the row as it stands that the fp32 kernels read.</param>
    /// <param name="squared">|y|².</param>
    /// <param name="inverse">For cosine, the row's factor.</param>
    public static double Norm(Metric metric, double squared, double inverse)
    {
        bool isTrusted = metric switch
        {
            Metric.L2 => squared < LongestForL2 * LongestForL2,
            Metric.Cosine => inverse is 0 or > 1 / Longest,
            _ => squared < Longest * Longest,
        };
        return isTrusted ? Math.Sqrt(squared) : double.PositiveInfinity;
    }

    /// <summary>A bound as a float: up, past what rounding took from the sums in double.</summary>
    public static float Up(double bound) => MathF.BitIncrement((float)(bound * (1 + 1e-9)));

    /// <summary>Writes the code of a row and returns |y − s·c| ∕ s.</summary>
    /// <param name="start">The row's first byte in its block.</param>
    /// <param name="groups">Groups of four dimensions.</param>
    /// <param name="y">What is coded; shorter than the groups, even empty, where the rest is zero.</param>
    /// <param name="step">s.</param>
    public static double Write(ref byte start, int groups, ReadOnlySpan<double> y, double step)
    {
        double squared = 0;
        for (int i = 0; i < groups * ByteKernels.GroupDimensions; i++)
        {
            double exact = i < y.Length ? y[i] / step : 0;
            double code = Math.Clamp(Math.Round(exact), -127, 127);
            squared += (exact - code) * (exact - code);
            Unsafe.Add(ref start, i / ByteKernels.GroupDimensions * ByteKernels.GroupBytes + i % ByteKernels.GroupDimensions) = (byte)(code + 128);
        }
        return Math.Sqrt(squared);
    }
}
