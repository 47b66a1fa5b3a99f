namespace Inference.Vectors.Kernels.Bytes;

/// <summary>Inner products of 8-bit row codes with 7-bit query codes: the inner loops of the scan over codes.</summary>
/// <remarks>
/// <para>Rows lie in blocks of sixteen, transposed: for each group of four dimensions, sixteen rows × 4 bytes. So a 512-bit register holds four dimensions of sixteen rows,
/// the query's four are broadcast, and the sums of sixteen rows come out side by side, with no sum across a register.</para>
/// <para>A row code is an unsigned byte; a query code is a signed one in −<see cref="QueryLimit"/> … <see cref="QueryLimit"/>, four of them packed in an int, the lowest dimension in
/// the lowest byte. So the 16-bit sum of two products, at most 2·255·63 = 32,130, never saturates, and every width gives the same integers. The caller keeps 255·Σ|query code|
/// below 2³¹.</para>
/// <para>Blocks are consecutive and 64-byte aligned; <c>groups</c> is at least 1.</para>
/// </remarks>
internal abstract class ByteKernels
{
    /// <summary>Rows of a block.</summary>
    public const int BlockRows = 16;

    /// <summary>Dimensions of a group: the bytes of an int.</summary>
    public const int GroupDimensions = 4;

    /// <summary>Bytes of a group of a block.</summary>
    public const int GroupBytes = BlockRows * GroupDimensions;

    /// <summary>Largest magnitude of a query code.</summary>
    public const int QueryLimit = 63;

    /// <summary>Instruction set and width, as reports show it.</summary>
    public abstract string Name { get; }

    /// <summary>Writes the sums of one query with 16 × <paramref name="blocks"/> rows.</summary>
    /// <param name="codes">The first block.</param>
    /// <param name="groups">Groups of four dimensions.</param>
    /// <param name="blocks">Blocks.</param>
    /// <param name="query">One int a group.</param>
    /// <param name="sums">16 × <paramref name="blocks"/> sums, in the order of the rows.</param>
    public abstract void One(ref byte codes, nuint groups, nuint blocks, ref int query, ref int sums);

    /// <summary>As <see cref="One"/> for two queries in one pass over the codes; the sums of the second lie <paramref name="stride"/> after those of the first.</summary>
    public abstract void Two(ref byte codes, nuint groups, nuint blocks, ref int query0, ref int query1, ref int sums, nuint stride);

    /// <summary>As <see cref="Two"/> for four queries. The same query may be given more than once.</summary>
    public abstract void Four(ref byte codes, nuint groups, nuint blocks, ref int query0, ref int query1, ref int query2, ref int query3, ref int sums, nuint stride);
}
