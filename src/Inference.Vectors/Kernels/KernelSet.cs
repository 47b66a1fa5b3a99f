namespace Inference.Vectors.Kernels;

/// <summary>The inner loops of every search, once for each vector width.</summary>
/// <remarks>
/// <para>All widths give the same bits. A sum over n products is defined as:</para>
/// <list type="number">
/// <item>sixteen lanes, all zero; element i goes to lane i mod 16, ascending, multiplied and then added (two roundings, no fused multiply-add);</item>
/// <item>lane l += lane l + 8 for l &lt; 8, then + 4, then + 2, then + 1; lane 0 is the sum.</item>
/// </list>
/// <para>One 512-bit register holds the lanes, or two 256-bit, or four 128-bit; the machine that runs a search never shows in its ranking. Zeros added at the end
/// change nothing, so a padded row scores as the bare vector does. The result is within (n∕16 + 6)·2⁻²⁴·Σ|products| of the true sum, unless a product
/// or a partial sum leaves the range of fp32.</para>
/// <para>"Rows" are <see cref="VectorMatrix"/> rows and the query is padded as they are: <c>stride</c> is a multiple of 16, and blocks have a multiple of 16 rows.</para>
/// </remarks>
internal abstract class KernelSet
{
    /// <summary>Lanes of the sum, elements to which rows are padded, and rows of a group.</summary>
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
