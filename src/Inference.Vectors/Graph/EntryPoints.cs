using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Inference.Vectors.Graph.Kernels;
using Inference.Vectors.Memory;

namespace Inference.Vectors.Graph;

/// <summary>A sample of nodes whose 8-bit codes lie side by side. A search scans them and begins at the nearest, which saves it the way there and lets it reach every region.</summary>
internal sealed unsafe class EntryPoints : IDisposable
{
    private readonly MemoryBlock _codes;
    private readonly RowFactor[] _factors;
    private readonly float[] _scales, _norms;
    private readonly int[] _order;

    /// <param name="nodes">Which nodes.</param>
    /// <param name="factors">Their scales and squared lengths.</param>
    /// <param name="codes">Their codes, one after the other; taken over.</param>
    /// <param name="length">Elements of a padded vector.</param>
    public EntryPoints(int[] nodes, RowFactor[] factors, MemoryBlock codes, nuint length)
    {
        Nodes = nodes;
        _factors = factors;
        _codes = codes;
        Length = length;
        Stride = GraphRows.StrideOf(length);
        _scales = Array.ConvertAll(factors, static factor => factor.Scale);
        _norms = Array.ConvertAll(factors, static factor => factor.SquaredNorm);
        _order = new int[nodes.Length];
        for (int i = 0; i < _order.Length; i++)
            _order[i] = i;
    }

    /// <summary>Nodes, at most <see cref="Most"/>.</summary>
    public int[] Nodes { get; }

    public const int Most = 1024;

    /// <summary>Of them, with how many a search begins.</summary>
    public const int Begin = 4;

    public nuint Length { get; }

    public nuint Stride { get; }

    public ReadOnlySpan<RowFactor> Factors => _factors;

    public MemoryBlock Codes => _codes;

    /// <summary>Copies the codes of some nodes.</summary>
    public static EntryPoints Of(GraphRows rows, int[] nodes)
    {
        var codes = new MemoryBlock((nuint)nodes.Length * rows.CodeStride);
        var factors = new RowFactor[nodes.Length];
        for (int i = 0; i < nodes.Length; i++)
        {
            factors[i] = rows.Factors[nodes[i]];
            Unsafe.CopyBlock((sbyte*)Unsafe.AsPointer(ref codes.Start<sbyte>()) + (nuint)i * rows.CodeStride, rows.Codes + (nuint)(uint)nodes[i] * rows.CodeStride, (uint)rows.CodeStride);
        }
        return new EntryPoints(nodes, factors, codes, rows.Length);
    }

    /// <summary>Finds the nearest of them.</summary>
    /// <param name="query">Padded 16-bit codes of the query.</param>
    /// <param name="scale">What brings them back.</param>
    /// <param name="squaredL2">Otherwise inner product.</param>
    /// <param name="dots">Room for a number for each; overwritten.</param>
    /// <param name="nearest">Receives nodes, the nearest first; all places are filled if there are as many.</param>
    /// <param name="distances">Their distances: |x|² − 2⟨q,x⟩ or −⟨q,x⟩.</param>
    /// <returns>How many.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Nearest<TKernels>(short* query, float scale, bool squaredL2, int* dots, Span<int> nearest, Span<float> distances)
        where TKernels : struct, IGraphKernels
    {
        fixed (int* order = _order)
            TKernels.DotRows(query, (sbyte*)Unsafe.AsPointer(ref _codes.Start<sbyte>()), Stride, Length, order, (nuint)_order.Length, dots);
        // Distances in place of the dot products, and then only those are looked at that are below the worst so far: hardly any.
        var values = (float*)dots;
        float normWeight = squaredL2 ? 1 : 0, productWeight = (squaredL2 ? -2 : -1) * scale;
        Span<float> all = new(values, _scales.Length);
        TensorPrimitives.ConvertTruncating(new ReadOnlySpan<int>(dots, _scales.Length), all);
        TensorPrimitives.Multiply(all, _scales, all);
        TensorPrimitives.Multiply(all, productWeight, all);
        TensorPrimitives.MultiplyAdd(_norms, normWeight, all, all);
        int count = 0;
        float worst = float.PositiveInfinity;
        for (int i = 0; i < all.Length; i += Vector256<float>.Count)
        {
            uint better = i + Vector256<float>.Count <= all.Length
                ? Vector256.LessThan(Vector256.Load(values + i), Vector256.Create(worst)).ExtractMostSignificantBits()
                : (1u << all.Length - i) - 1;
            for (; better != 0; better &= better - 1)
            {
                int place = i + BitOperations.TrailingZeroCount(better);
                if (all[place] < worst)
                    Insert(all[place], Nodes[place], ref count, ref worst, nearest, distances);
            }
        }
        return count;
    }

    /// <summary>Puts a node where it belongs among the nearest.</summary>
    private static void Insert(float distance, int node, ref int count, ref float worst, Span<int> nearest, Span<float> distances)
    {
        int place = count < nearest.Length ? count++ : count - 1;
        for (; place > 0 && distances[place - 1] > distance; place--)
        {
            distances[place] = distances[place - 1];
            nearest[place] = nearest[place - 1];
        }
        distances[place] = distance;
        nearest[place] = node;
        if (count == nearest.Length)
            worst = distances[count - 1];
    }

    public void Dispose() => _codes.Release();
}
