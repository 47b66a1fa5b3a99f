using System.Numerics.Tensors;
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
    private const ushort Empty = 0x7FC0;

    private readonly float[] _own = new float[layout.Length], _residual = new float[layout.Length], _levels = new float[layout.Length];
    private readonly float[] _best = new float[layout.Length];
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
                factors[slot] = factors[slot + IGraphKernels.Slots] = Empty;
                continue;
            }
            (float first, float second) = Encode(neighbours[slot]);
            factors[slot] = RecordLayout.Narrow(first);
            factors[slot + IGraphKernels.Slots] = RecordLayout.Narrow(second);
            numbers[slot] = neighbours[slot];
            Place(record + layout.Codes, slot);
        }
        numbers[IGraphKernels.Slots - 1] = BitConverter.SingleToInt32Bits(rows.WordScale(node));
        float squared = TensorPrimitives.Dot<float>(_own, _own);
        factors[2 * IGraphKernels.Slots - 1] = RecordLayout.Narrow(squared > 0 ? 1 / squared : 0);
    }

    private (float First, float Second) Encode(int neighbour)
    {
        rows.Decode(neighbour, _residual);
        TensorPrimitives.Subtract(_residual, _own, _residual);
        float squared = TensorPrimitives.Dot<float>(_residual, _residual);
        if (squared == 0)
        {
            Array.Clear(_codes);
            return (0, 0);
        }
        float rms = MathF.Sqrt(squared / rows.Space.Dimension), half = ((1 << layout.Bits) - 1) / 2f;
        float product = 0, bestCosine = -1;
        ReadOnlySpan<float> steps = layout.Bits == 2 ? [0.8f, 0.9f, 1.0f, 1.1f] : [0.24f, 0.28f, 0.32f, 0.36f, 0.41f];
        foreach (float step in steps)
        {
            float inverse = 1 / (step * rms);
            // Levels are −half … half in steps of one.
            TensorPrimitives.Multiply(_residual, inverse, _levels);
            TensorPrimitives.Add(_levels, half, _levels);
            TensorPrimitives.Round(_levels, _levels);
            TensorPrimitives.Clamp(_levels, 0, 2 * half, _levels);
            TensorPrimitives.Subtract(_levels, half, _levels);
            _levels.AsSpan(rows.Space.Dimension).Clear();
            float dot = TensorPrimitives.Dot<float>(_levels, _residual);
            float cosine = dot / MathF.Sqrt(TensorPrimitives.Dot<float>(_levels, _levels) * squared);
            if (cosine > bestCosine)
            {
                bestCosine = cosine;
                product = dot;
                _levels.AsSpan().CopyTo(_best);
            }
        }
        for (int i = 0; i < _codes.Length; i++)
            _codes[i] = i < rows.Space.Dimension ? (byte)(_best[i] + half) : (byte)0;
        float s = squared / product;
        float ownLevels = s * TensorPrimitives.Dot<float>(_own, _best);
        return rows.Space.SquaredL2 ? (squared + 2 * ownLevels, 2 * s) : (TensorPrimitives.Dot<float>(_own, _residual) - ownLevels, s);
    }

    /// <summary>Puts the codes of a slot where the kernels expect them.</summary>
    private void Place(byte* codes, int slot)
    {
        // Dimensions that share the four bytes of a vector: 16 of 2 bits, or 8 of 4.
        int group = 32 / layout.Bits;
        byte* bytes = codes + slot / 16 * 64 + slot % 16 * 4;
        for (int i = 0; i < _codes.Length; i++)
        {
            int inGroup = i % group;
            bytes[i / group * 128 + inGroup % 4] |= (byte)(_codes[i] << inGroup / 4 * layout.Bits);
        }
    }
}
