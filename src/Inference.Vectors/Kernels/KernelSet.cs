namespace Inference.Vectors.Kernels;

/// <summary>The inner loops of every search over fp32 vectors.</summary>
/// <remarks>
/// <para>All vector widths give the same bits. A sum over n terms is defined as:</para>
/// <list type="number">
/// <item>sixteen lanes, all zero; term i goes to lane i mod 16, ascending, every operation rounded on its own (no fused multiply-add);</item>
/// <item>lane l += lane l + 8 for l &lt; 8, then + 4, then + 2, then + 1; lane 0 is the sum.</item>
/// </list>
/// <para>One 512-bit register holds the lanes, or two of 256 bits, or four of 128. So the machine that runs a search never shows in its ranking. Zeros added at the
/// end change nothing, so a padded row scores as the bare vector does. An inner product is within (n∕16 + 6)·2⁻²⁴·Σ|aᵢbᵢ| of the true one, and a squared
/// distance within (n∕16 + 8)·2⁻²⁴ of itself, unless a term or a partial sum leaves the range of normal floats.</para>
/// <para>"Rows" are rows of a <see cref="VectorMatrix"/> and the query is padded as they are: <c>stride</c> is a positive multiple of 16.</para>
/// </remarks>
internal abstract class KernelSet
{
    /// <summary>Lanes of a sum; elements to which rows, and rows to which a matrix, are padded.</summary>
    public const int Lanes = 16;

    /// <summary>Bits of the registers: 512, 256, 128, or 0 for the scalar set.</summary>
    public abstract int Width { get; }

    /// <summary>Σ aᵢbᵢ over any length.</summary>
    public abstract float Dot(ref float a, ref float b, nuint length);

    /// <summary>Σ (aᵢ − bᵢ)² over any length.</summary>
    public abstract float SquaredL2(ref float a, ref float b, nuint length);

    /// <summary>Inner products of the query with <paramref name="rowCount"/> consecutive rows, a multiple of 16.</summary>
    public abstract void DotRows(ref float query, ref float rows, nuint stride, nuint rowCount, ref float scores);

    /// <summary>Squared distances of the query to <paramref name="rowCount"/> consecutive rows, a multiple of 16.</summary>
    public abstract void SquaredL2Rows(ref float query, ref float rows, nuint stride, nuint rowCount, ref float scores);

    /// <summary>Inner products of the query with the rows whose numbers are given, in any order and number.</summary>
    public abstract void DotGather(ref float query, ref float matrix, nuint stride, ReadOnlySpan<int> rows, ref float scores);

    /// <summary>Squared distances of the query to the rows whose numbers are given, in any order and number.</summary>
    public abstract void SquaredL2Gather(ref float query, ref float matrix, nuint stride, ReadOnlySpan<int> rows, ref float scores);
}
