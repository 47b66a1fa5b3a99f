using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Inference.Vectors.Graph.Build;
using Inference.Vectors.Graph.Kernels;

namespace Inference.Vectors.Graph.Fast;

/// <summary>Writes the records of the nodes: each neighbour as a few bits for each dimension of its residual, and two factors.</summary>
/// <remarks>
/// <para>With r = x − c, the way from node c to its neighbour x, each element becomes the nearest of 2ᵇ equidistant levels l around zero, with the step that makes
/// cos(l, r) largest among some; s = |r|² ∕ ⟨l, r⟩ makes s⟨v, l⟩ an unbiased estimate of ⟨v, r⟩ for v in random direction (after RaBitQ, arXiv 2405.12497, and SymphonyQG,
/// arXiv 2411.12229). What does not depend on the query goes into the factors:</para>
/// <list type="bullet">
/// <item>L2: |q − x|² ≈ |q − c|² + (|r|² + 2s⟨c, l⟩) − 2s⟨q, l⟩;</item>
/// <item>inner product: −⟨q, x⟩ ≈ −⟨q, c⟩ − β(⟨c, r⟩ − s⟨c, l⟩) − s⟨q, l⟩ with β = ⟨q, c⟩ ∕ |c|², which leaves the least of q to be estimated.</item>
/// </list>
/// </remarks>
internal sealed unsafe class RecordEncoder(GraphRows rows, RecordLayout layout)
{
    /// <summary>Codes of all slots for the dimensions that share four bytes of one.</summary>
    private const int GroupBytes = IGraphKernels.Slots * 4;

    /// <summary>A squared length whose inverse would overflow.</summary>
    private const float Tiny = 1e-37f;

    private readonly float[] _own = new float[layout.Length], _residual = new float[layout.Length];
    private readonly float _half = ((1 << layout.Bits) - 1) / 2f;
    private readonly byte[] _codes = new byte[layout.Length];

    /// <summary>Writes one record.</summary>
    public void Write(byte* record, int node, ReadOnlySpan<int> neighbours)
    {
        new Span<byte>(record, (int)layout.Bytes).Clear();
        rows.WordsOf(node).CopyTo(new Span<short>(record, (int)layout.Length));
        rows.Decode(node, _own);
        var factors = (ushort*)(record + layout.Factors);
        var numbers = (int*)(record + layout.Numbers);
        for (int slot = 0; slot < IGraphKernels.Slots; slot++)
        {
            if (slot >= Math.Min(neighbours.Length, RecordLayout.MaxDegree))
            {
                factors[slot] = factors[slot + IGraphKernels.Slots] = RecordLayout.None;
                continue;
            }
            Fill(record, slot, neighbours[slot]);
        }
        numbers[IGraphKernels.Slots - 1] = BitConverter.SingleToInt32Bits(rows.WordScale(node));
        float squared = TensorPrimitives.Dot<float>(_own, _own);
        factors[2 * IGraphKernels.Slots - 1] = RecordLayout.Narrow(squared > Tiny ? 1 / squared : 0);
    }

    /// <summary>Brings a copy of a node's record up to date. What is still true stays where it is, to the bit: the vector, and the slots of neighbours that stay.</summary>
    /// <param name="record">The copy.</param>
    /// <param name="node">A node whose vector stays.</param>
    /// <param name="neighbours">Its neighbours from now on.</param>
    /// <param name="changes">Neighbours that it does not keep have another vector than before.</param>
    public void Update(byte* record, int node, ReadOnlySpan<int> neighbours, GraphChanges changes)
    {
        var factors = (ushort*)(record + layout.Factors);
        var numbers = (int*)(record + layout.Numbers);
        neighbours = neighbours[..Math.Min(neighbours.Length, RecordLayout.MaxDegree)];
        uint free = 0, placed = 0;
        for (int slot = 0; slot < RecordLayout.MaxDegree; slot++)
        {
            int place = RecordLayout.IsNone(factors[slot]) || !changes.Keeps(numbers[slot]) ? -1 : neighbours.IndexOf(numbers[slot]);
            if (place >= 0 && (placed & 1u << place) == 0)
            {
                placed |= 1u << place;
                continue;
            }
            free |= 1u << slot;
            Empty(record, slot);
        }
        if (BitOperations.PopCount(placed) == neighbours.Length)
            return;
        rows.Decode(node, _own);
        for (int i = 0; i < neighbours.Length; i++)
        {
            if ((placed & 1u << i) != 0)
                continue;
            Fill(record, BitOperations.TrailingZeroCount(free), neighbours[i]);
            free &= free - 1;
        }
    }

    /// <summary>Gives an empty slot a neighbour of the node whose vector is loaded.</summary>
    private void Fill(byte* record, int slot, int neighbour)
    {
        var factors = (ushort*)(record + layout.Factors);
        (float first, float second) = Encode(neighbour);
        factors[slot] = RecordLayout.Narrow(first);
        factors[slot + IGraphKernels.Slots] = RecordLayout.Narrow(second);
        ((int*)(record + layout.Numbers))[slot] = neighbour;
        Place(record + layout.Codes, slot);
    }

    private void Empty(byte* record, int slot)
    {
        var factors = (ushort*)(record + layout.Factors);
        factors[slot] = factors[slot + IGraphKernels.Slots] = RecordLayout.None;
        ((int*)(record + layout.Numbers))[slot] = 0;
        byte* bytes = record + layout.Codes + OffsetOf(slot);
        for (nuint at = 0; at < layout.Factors - layout.Codes; at += GroupBytes)
            *(uint*)(bytes + at) = 0;
    }

    private (float First, float Second) Encode(int neighbour)
    {
        rows.Decode(neighbour, _residual);
        TensorPrimitives.Subtract(_residual, _own, _residual);
        float squared = TensorPrimitives.Dot<float>(_residual, _residual);
        // Closer than fp32 can tell: the neighbour is where the node is.
        if (squared < 1e-30f)
        {
            Array.Clear(_codes);
            return (0, 0);
        }
        float rms = MathF.Sqrt(squared / rows.Space.Dimension), bestStep = 0, bestCosine = -1;
        ReadOnlySpan<float> steps = layout.Bits == 2 ? [0.8f, 0.9f, 1.0f, 1.1f] : [0.25f, 0.29f, 0.33f, 0.38f];
        foreach (float step in steps)
        {
            (float along, float levels) = Try(1 / (step * rms));
            float cosine = along / MathF.Sqrt(levels);
            if (cosine > bestCosine)
                (bestCosine, bestStep) = (cosine, step);
        }
        (float product, float own) = Choose(1 / (bestStep * rms));
        float s = squared / product;
        return rows.Space.SquaredL2 ? (squared + 2 * s * own, 2 * s) : (TensorPrimitives.Dot<float>(_own, _residual) - s * own, s);
    }

    /// <summary>Products of the levels that a step gives: with the residual, and with themselves.</summary>
    private (float Residual, float Levels) Try(float inverse)
    {
        Vector256<float> residual = Vector256<float>.Zero, levels = Vector256<float>.Zero;
        ref float start = ref _residual[0];
        for (nuint i = 0; i < layout.Length; i += (nuint)Vector256<float>.Count)
        {
            Vector256<float> element = Vector256.LoadUnsafe(ref start, i), level = Codes(element, inverse) - Vector256.Create(_half);
            residual += level * element;
            levels += level * level;
        }
        return (Vector256.Sum(residual), Vector256.Sum(levels));
    }

    /// <summary>Writes the codes that a step gives. Returns products of their levels: with the residual, and with the node's own vector.</summary>
    private (float Residual, float Own) Choose(float inverse)
    {
        Vector256<float> residual = Vector256<float>.Zero, own = Vector256<float>.Zero;
        ref float start = ref _residual[0];
        for (nuint i = 0; i < layout.Length; i += (nuint)Vector256<float>.Count)
        {
            Vector256<float> element = Vector256.LoadUnsafe(ref start, i), code = Codes(element, inverse), level = code - Vector256.Create(_half);
            residual += level * element;
            own += level * Vector256.LoadUnsafe(ref _own[0], i);
            Vector256<int> whole = Vector256.ConvertToInt32(code);
            Vector128<short> words = Vector128.Narrow(whole.GetLower(), whole.GetUpper());
            Vector128.Narrow(words, words).AsByte().GetLower().StoreUnsafe(ref _codes[0], i);
        }
        return (Vector256.Sum(residual), Vector256.Sum(own));
    }

    /// <summary>The nearest level of each element, counted from 0. Padding gets one too, which no query looks at.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<float> Codes(Vector256<float> elements, float inverse) =>
        Vector256.Min(Vector256.Max(Vector256.Round(elements * Vector256.Create(inverse) + Vector256.Create(_half)), Vector256<float>.Zero), Vector256.Create(2 * _half));

    /// <summary>Puts the codes of a slot where the kernels expect them.</summary>
    private void Place(byte* codes, int slot)
    {
        var place = (uint*)(codes + OffsetOf(slot));
        ReadOnlySpan<uint> four = MemoryMarshal.Cast<byte, uint>(_codes);
        // Dimensions that share the four bytes of a vector: 16 of 2 bits, or 8 of 4. Each part of four codes moves up beside the one before it.
        int parts = 8 / layout.Bits;
        for (int group = 0; group < four.Length; group += parts, place += GroupBytes / sizeof(uint))
        {
            uint packed = 0;
            for (int part = 0; part < parts; part++)
                packed |= four[group + part] << part * layout.Bits;
            *place = packed;
        }
    }

    /// <summary>Where the first of a slot's groups of four bytes begins.</summary>
    private static int OffsetOf(int slot) => slot / 16 * 64 + slot % 16 * 4;
}
