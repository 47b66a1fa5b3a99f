using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Inference.Vectors.Kernels;

/// <summary>The loops around the kernels of one width.</summary>
/// <remarks>
/// These loops, and what runs once for each block beside them, skip the compiler's first tier: in it the first searches of a fresh process take thirty times as long.
/// </remarks>
internal sealed class KernelSetOf<TKernels> : KernelSet
    where TKernels : struct, IKernels
{
    public override int Width => TKernels.Width;

    public override float Dot(ref float a, ref float b, nuint length) => TKernels.Pair<Product>(ref a, ref b, length);

    public override float SquaredL2(ref float a, ref float b, nuint length) => TKernels.Pair<SquaredDifference>(ref a, ref b, length);

    public override void DotRows(ref float query, ref float rows, nuint stride, nuint rowCount, ref float scores) =>
        Rows<Product>(ref query, ref rows, stride, rowCount, ref scores);

    public override void SquaredL2Rows(ref float query, ref float rows, nuint stride, nuint rowCount, ref float scores) =>
        Rows<SquaredDifference>(ref query, ref rows, stride, rowCount, ref scores);

    public override void DotGather(ref float query, ref float matrix, nuint stride, ReadOnlySpan<int> rows, ref float scores) =>
        Gather<Product>(ref query, ref matrix, stride, rows, ref scores);

    public override void SquaredL2Gather(ref float query, ref float matrix, nuint stride, ReadOnlySpan<int> rows, ref float scores) =>
        Gather<SquaredDifference>(ref query, ref matrix, stride, rows, ref scores);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows<TTerm>(ref float query, ref float rows, nuint stride, nuint rowCount, ref float scores)
        where TTerm : struct, ITerm
    {
        Debug.Assert(stride > 0 && stride % Lanes == 0 && rowCount % Lanes == 0);
        for (nuint row = 0; row < rowCount; row += TKernels.GroupRows)
        {
            var group = new ConsecutiveRows(ref Unsafe.Add(ref rows, row * stride), stride);
            TKernels.Group<TTerm, ConsecutiveRows>(ref query, group, stride, ref Unsafe.Add(ref scores, row));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gather<TTerm>(ref float query, ref float matrix, nuint stride, ReadOnlySpan<int> rows, ref float scores)
        where TTerm : struct, ITerm
    {
        Debug.Assert(stride > 0 && stride % Lanes == 0);
        int row = 0;
        for (; row + (int)TKernels.GroupRows <= rows.Length; row += (int)TKernels.GroupRows)
            TKernels.Group<TTerm, PickedRows>(ref query, new PickedRows(ref matrix, stride, rows[row..]), stride, ref Unsafe.Add(ref scores, row));
        for (; row < rows.Length; row++)
            Unsafe.Add(ref scores, row) = TKernels.Pair<TTerm>(ref query, ref Unsafe.Add(ref matrix, (nuint)(uint)rows[row] * stride), stride);
    }
}
