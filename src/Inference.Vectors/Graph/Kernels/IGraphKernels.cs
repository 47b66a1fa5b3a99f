namespace Inference.Vectors.Graph.Kernels;

/// <summary>The inner loops of the graphs, for one vector width.</summary>
/// <remarks>
/// <para>All memory is native, so these take pointers. Lengths are multiples of <see cref="Padding"/>; what lies between a vector's dimension and its length is zero.</para>
/// <para>Integer sums are exact, so they are the same at every width. Sums over fp32 are made in an order that depends on the width.</para>
/// </remarks>
internal unsafe interface IGraphKernels
{
    /// <summary>Elements to which vectors are padded.</summary>
    const int Padding = 32;

    /// <summary>Places for neighbours in a record, and the vectors of a block of inline codes.</summary>
    const int Slots = 32;

    /// <summary>Whether this machine has it in hardware.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>Bits of the registers.</summary>
    static abstract int Width { get; }

    /// <summary>Σ qᵢxᵢ of a 16-bit query with 8-bit rows, given by their numbers. The sum must stay below 2³¹: |q| ≤ 2³¹ ∕ (127·length).</summary>
    static abstract void DotRows(short* query, sbyte* codes, nuint stride, nuint length, int* rows, nuint count, int* dots);

    /// <summary>Σ qᵢxᵢ with a 16-bit vector; its scale is left to the caller.</summary>
    static abstract float Dot(float* query, short* vector, nuint length);

    /// <summary>Σ (qᵢ − scale·xᵢ)² with a 16-bit vector.</summary>
    static abstract float SquaredL2(float* query, short* vector, float scale, nuint length);

    /// <summary>Σ qᵢuᵢ of an 8-bit query with the 2-bit codes u ∈ 0…3 of 32 vectors.</summary>
    /// <param name="query">length signed bytes, −127…127.</param>
    /// <param name="codes">For each 16 dimensions and each half of 16 vectors: 16 vectors × 4 bytes; byte b of a vector has dimension b + 4j in its bits 2j and 2j + 1.</param>
    /// <param name="length">Any.</param>
    /// <param name="sums">32 results.</param>
    static abstract void Sums2(sbyte* query, byte* codes, nuint length, int* sums);

    /// <summary>Σ qᵢuᵢ of an 8-bit query with the 4-bit codes u ∈ 0…15 of 32 vectors.</summary>
    /// <param name="query">length signed bytes, −127…127.</param>
    /// <param name="codes">For each 8 dimensions and each half of 16 vectors: 16 vectors × 4 bytes; byte b of a vector has dimension b in its low half and 4 + b in its high one.</param>
    /// <param name="length">Any.</param>
    /// <param name="sums">32 results.</param>
    static abstract void Sums4(sbyte* query, byte* codes, nuint length, int* sums);

    /// <summary>How many of the ascending <paramref name="keys"/> are smaller than <paramref name="key"/>. May read up to seven keys behind the last one.</summary>
    static abstract int Rank(ulong* keys, int count, ulong key);

    /// <summary>Turns the sums of a record into estimated distances: base + slope·first − second·(sum − offset)·step for each slot.</summary>
    /// <param name="sums">32 sums of <see cref="Sums2"/> or <see cref="Sums4"/>.</param>
    /// <param name="factors">32 bf16 <c>first</c> and then 32 bf16 <c>second</c>.</param>
    /// <param name="line">Base, slope, offset, step.</param>
    /// <param name="limit">Estimates below it are wanted.</param>
    /// <param name="estimates">32 results.</param>
    /// <returns>Bit j is set when estimate j is below the limit.</returns>
    static abstract uint Estimate(int* sums, ushort* factors, in EstimateLine line, float limit, float* estimates);
}

/// <summary>What is the same for all slots of a record when their distances are estimated.</summary>
/// <param name="Base">The exact distance of the record's own vector.</param>
/// <param name="Slope">What the first factors are multiplied with.</param>
/// <param name="Offset">What the sums are too large by, because codes start at 0.</param>
/// <param name="Step">One unit of the query's 8-bit codes.</param>
internal readonly record struct EstimateLine(float Base, float Slope, float Offset, float Step);
