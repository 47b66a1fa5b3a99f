using Inference.Vectors.Graph.Kernels;

namespace Inference.Vectors.Graph.Fast;

/// <summary>Where the parts of a node's record lie: all that a step of a search reads, in one piece of whole cache lines.</summary>
/// <remarks>
/// <list type="number">
/// <item>the node's own vector: 16 bits for each padded dimension;</item>
/// <item>the codes of the vectors of 32 slots, as <see cref="IGraphKernels"/> describes them;</item>
/// <item>two bf16 factors for each slot, NaN for a slot without neighbour, whose estimates then pass no comparison;</item>
/// <item>the numbers of the neighbours, 32 bits each.</item>
/// </list>
/// The last slot never has a neighbour: in place of a number stand the bits of the scale of the node's own vector, in place of the second factor the inverse of its
/// squared length.
/// </remarks>
internal readonly record struct RecordLayout
{
    /// <summary>Neighbours of a node.</summary>
    public const int MaxDegree = IGraphKernels.Slots - 1;

    /// <summary>The factors of a slot without neighbour: bf16 NaN.</summary>
    public const ushort None = 0x7FC0;

    /// <param name="dimension">Of the vectors.</param>
    /// <param name="bits">Of a code for each dimension: 2 or 4.</param>
    public RecordLayout(int dimension, int bits)
    {
        Length = GraphRows.PaddedLength(dimension);
        Bits = bits;
        Codes = Length * sizeof(short);
        Factors = Codes + Length * (nuint)bits * IGraphKernels.Slots / 8;
        Numbers = Factors + 2 * IGraphKernels.Slots * sizeof(ushort);
        Bytes = (Numbers + IGraphKernels.Slots * sizeof(int) + 63) & ~(nuint)63;
    }

    /// <summary>Padded dimensions.</summary>
    public nuint Length { get; }

    public int Bits { get; }

    /// <summary>Offset of the codes.</summary>
    public nuint Codes { get; }

    /// <summary>Offset of the factors.</summary>
    public nuint Factors { get; }

    /// <summary>Offset of the neighbours' numbers.</summary>
    public nuint Numbers { get; }

    /// <summary>Of a record.</summary>
    public nuint Bytes { get; }

    /// <summary>Whether a factor says that its slot has no neighbour.</summary>
    public static bool IsNone(ushort factor) => (factor & 0x7FFF) > 0x7F80;

    /// <summary>bf16 of a number: its upper half, rounded to nearest.</summary>
    public static ushort Narrow(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)(bits + 0x7FFF + (bits >> 16 & 1) >> 16);
    }

    /// <summary>The number of a bf16.</summary>
    public static float Widen(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);
}
