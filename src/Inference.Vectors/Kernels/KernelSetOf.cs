using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Inference.Vectors.Kernels;

/// <summary>The loops around the kernels of one width.</summary>
internal sealed class KernelSetOf<TKernels> : KernelSet
    where TKernels : struct, IKernels
{
    /// <summary>Rows between the one that is asked for and the one that is scored: enough requests in flight, and few enough to stay in the first-level cache.</summary>
    private const int GatherAhead = 16;

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

    private static void Gather<TTerm>(ref float query, ref float matrix, nuint stride, ReadOnlySpan<int> rows, ref float scores)
        where TTerm : struct, ITerm
    {
        Debug.Assert(stride > 0 && stride % Lanes == 0);
        int asked = 0, row = 0;
        for (; row + (int)TKernels.GroupRows <= rows.Length; row += (int)TKernels.GroupRows)
        {
            for (int ahead = Math.Min(rows.Length, row + (int)TKernels.GroupRows + GatherAhead); asked < ahead; asked++)
                Prefetch.Row(ref RowOf(ref matrix, stride, rows[asked]), stride);
            TKernels.Group<TTerm, PickedRows>(ref query, new PickedRows(ref matrix, stride, rows[row..]), stride, ref Unsafe.Add(ref scores, row));
        }
        for (; row < rows.Length; row++)
            Unsafe.Add(ref scores, row) = TKernels.Pair<TTerm>(ref query, ref RowOf(ref matrix, stride, rows[row]), stride);
    }

    private static ref float RowOf(ref float matrix, nuint stride, int row) => ref Unsafe.Add(ref matrix, (nuint)(uint)row * stride);
}
