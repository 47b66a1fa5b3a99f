using System.Runtime.CompilerServices;
using Inference.Vectors.Graph.Kernels;

namespace Inference.Vectors.Graph.Build;

/// <summary>Chooses the neighbours of a node among candidates: near ones, in different directions.</summary>
/// <remarks>
/// <list type="number">
/// <item>Candidates are taken from near to far.</item>
/// <item>One that was chosen drops every later candidate that it is nearer to, by the factor α, than the node is: such a candidate is reached through it.</item>
/// <item>Places that stay free are filled with the nearest of the dropped.</item>
/// </list>
/// This is the rule of relative neighbourhood graphs with the slack of Vamana (Subramanya et al., DiskANN, NeurIPS 2019).
/// </remarks>
internal readonly unsafe ref struct Pruning<TKernels>(GraphRows rows, BuildScratch scratch, float alpha)
    where TKernels : struct, IGraphKernels
{
    /// <summary>Squared distances of a node to others.</summary>
    public void Measure(int node, ReadOnlySpan<int> others, Span<float> distances)
    {
        RowFactor own = Load(node);
        fixed (int* ids = others, dots = scratch.Dots)
            TKernels.DotRows(scratch.Query, rows.Codes, rows.CodeStride, rows.Length, ids, (nuint)others.Length, dots);
        for (int i = 0; i < others.Length; i++)
        {
            RowFactor other = rows.Factors[others[i]];
            distances[i] = Math.Max(0, own.SquaredNorm + other.SquaredNorm - 2 * own.Scale * other.Scale * scratch.Dots[i]);
        }
    }

    /// <summary>Sorts candidates by distance, in place; equal ones by number.</summary>
    public void Sort(Span<int> candidates, Span<float> distances)
    {
        Span<ulong> keys = scratch.Keys.AsSpan(0, candidates.Length);
        for (int i = 0; i < keys.Length; i++)
            keys[i] = (ulong)BitConverter.SingleToUInt32Bits(distances[i]) << 32 | (uint)candidates[i];
        keys.Sort();
        for (int i = 0; i < keys.Length; i++)
        {
            candidates[i] = (int)keys[i];
            distances[i] = BitConverter.UInt32BitsToSingle((uint)(keys[i] >> 32));
        }
    }

    /// <summary>Chooses at most <paramref name="most"/> of candidates that are sorted by distance, none of them twice and none the node itself.</summary>
    /// <returns>A part of the scratch.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public ReadOnlySpan<int> Choose(ReadOnlySpan<int> candidates, ReadOnlySpan<float> distances, int most)
    {
        Span<bool> dropped = scratch.Dropped.AsSpan(0, candidates.Length);
        dropped.Clear();
        Span<int> chosen = scratch.Chosen, left = scratch.Left, places = scratch.LeftPlaces;
        int count = 0;
        for (int i = 0; i < candidates.Length && count < most; i++)
        {
            if (dropped[i])
                continue;
            chosen[count++] = candidates[i];
            int leftCount = 0;
            for (int j = i + 1; j < candidates.Length; j++)
            {
                if (dropped[j])
                    continue;
                left[leftCount] = candidates[j];
                places[leftCount++] = j;
            }
            if (leftCount == 0 || count == most)
                continue;
            RowFactor own = Load(candidates[i]);
            fixed (int* ids = left, dots = scratch.Dots)
                TKernels.DotRows(scratch.Query, rows.Codes, rows.CodeStride, rows.Length, ids, (nuint)leftCount, dots);
            for (int j = 0; j < leftCount; j++)
            {
                RowFactor other = rows.Factors[left[j]];
                float between = own.SquaredNorm + other.SquaredNorm - 2 * own.Scale * other.Scale * scratch.Dots[j];
                if (alpha * between <= distances[places[j]])
                    dropped[places[j]] = true;
            }
        }
        for (int i = 0; i < candidates.Length && count < most; i++)
        {
            if (dropped[i])
                chosen[count++] = candidates[i];
        }
        return chosen[..count];
    }

    /// <summary>Makes a row the query.</summary>
    private RowFactor Load(int node)
    {
        sbyte* codes = rows.Codes + (nuint)(uint)node * rows.CodeStride;
        System.Numerics.Tensors.TensorPrimitives.ConvertTruncating(new ReadOnlySpan<sbyte>(codes, (int)rows.Length), new Span<short>(scratch.Query, (int)rows.Length));
        return rows.Factors[node];
    }
}
