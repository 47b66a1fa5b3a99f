using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Inference.Vectors.Kernels;

namespace Inference.Vectors.Exact;

/// <summary>1 ∕ |x|, which turns inner products into cosines; 0 for vectors too short to have a direction in fp32.</summary>
internal static class InverseNorms
{
    /// <summary>Squared lengths in this range are sums of normal floats, accurate as they are; outside it they are summed again in double.</summary>
    private const float SafeLow = 1e-24f, SafeHigh = 1e36f;

    /// <summary>One factor for each row of a matrix whose memory the caller holds, and zeros up to a whole <see cref="ScoreBlock"/>.</summary>
    public static float[] Of(VectorMatrix rows)
    {
        var inverses = new float[LengthFor(rows.Count)];
        for (int row = 0; row < rows.Count; row++)
            inverses[row] = Of(rows.Elements(row));
        return inverses;
    }

    /// <summary>Factors for so many rows, in whole blocks.</summary>
    public static int LengthFor(int rows) => (int)(((long)rows + ScoreBlock.Rows - 1) / ScoreBlock.Rows * ScoreBlock.Rows);

    public static float Of(ReadOnlySpan<float> vector)
    {
        ref float start = ref MemoryMarshal.GetReference(vector);
        double squared = KernelSets.Best.Dot(ref start, ref start, (nuint)vector.Length);
        if (squared is not (>= SafeLow and <= SafeHigh))
        {
            squared = 0;
            foreach (float element in vector)
                squared += (double)element * element;
        }
        double norm = Math.Sqrt(squared);
        // Below the normal range the inverse would overflow, and the elements have lost their digits.
        return norm < MinNormal ? 0 : (float)(1 / norm);
    }

    /// <summary>2⁻¹²⁶, the smallest float with all its digits.</summary>
    private const double MinNormal = 1.17549435e-38;
}
