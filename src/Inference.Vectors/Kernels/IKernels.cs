namespace Inference.Vectors.Kernels;

/// <summary>What one vector width has to provide: the sum of a pair of vectors, and the sums of a group of rows, as <see cref="KernelSet"/> defines them.</summary>
/// <remarks>
/// A group is read row by row, each from end to end. Reading rows side by side would share the loads of the query and is faster in the first-level cache, but it breaks
/// the stream that the hardware prefetches: from memory it took up to three times as long.
/// </remarks>
internal interface IKernels
{
    /// <summary>Whether this machine has it in hardware.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>Bits of the registers.</summary>
    static abstract int Width { get; }

    /// <summary>Rows of a group: as many as make a register of sums. Divides 16.</summary>
    static abstract nuint GroupRows { get; }

    /// <summary>The sum over two vectors of any length.</summary>
    static abstract float Pair<TTerm>(ref float a, ref float b, nuint length)
        where TTerm : struct, ITerm;

    /// <summary>Writes the sums of the query with each row of a group.</summary>
    static abstract void Group<TTerm, TRows>(ref float query, TRows rows, nuint stride, ref float sums)
        where TTerm : struct, ITerm
        where TRows : struct, IRowSource, allows ref struct;
}
