using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Vectors.Kernels.Bytes;

/// <summary>A block as four strips of four rows, one after the other: sixteen sums of four queries would not fit the registers of x64.</summary>
internal sealed class Bytes128Kernels<TDot> : ByteKernels
    where TDot : struct, IDot128
{
    /// <summary>Rows of a strip.</summary>
    private const int StripRows = 4;

    /// <summary>Strips of a block.</summary>
    private const int Strips = BlockRows / StripRows;

    public override string Name => TDot.Name;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void One(ref byte codes, nuint groups, nuint blocks, ref int query, ref int sums)
    {
        Vector128<int> start = Start(ref query, groups);
        for (nuint strip = 0; strip < blocks * Strips; strip++)
        {
            ref byte first = ref First(ref codes, groups, strip);
            Vector128<int> sum = start;
            for (nuint group = 0; group < groups; group++)
                sum = TDot.Add(sum, Vector128.LoadUnsafe(ref first, group * GroupBytes), Broadcast(ref query, group));
            sum.StoreUnsafe(ref sums, strip * StripRows);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Two(ref byte codes, nuint groups, nuint blocks, ref int query0, ref int query1, ref int sums, nuint stride)
    {
        Vector128<int> start0 = Start(ref query0, groups), start1 = Start(ref query1, groups);
        for (nuint strip = 0; strip < blocks * Strips; strip++)
        {
            ref byte first = ref First(ref codes, groups, strip);
            Vector128<int> sum0 = start0, sum1 = start1;
            for (nuint group = 0; group < groups; group++)
            {
                Vector128<byte> code = Vector128.LoadUnsafe(ref first, group * GroupBytes);
                sum0 = TDot.Add(sum0, code, Broadcast(ref query0, group));
                sum1 = TDot.Add(sum1, code, Broadcast(ref query1, group));
            }
            ref int result = ref Unsafe.Add(ref sums, strip * StripRows);
            sum0.StoreUnsafe(ref result);
            sum1.StoreUnsafe(ref result, stride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Four(ref byte codes, nuint groups, nuint blocks, ref int query0, ref int query1, ref int query2, ref int query3, ref int sums, nuint stride)
    {
        Vector128<int> start0 = Start(ref query0, groups), start1 = Start(ref query1, groups);
        Vector128<int> start2 = Start(ref query2, groups), start3 = Start(ref query3, groups);
        for (nuint strip = 0; strip < blocks * Strips; strip++)
        {
            ref byte first = ref First(ref codes, groups, strip);
            Vector128<int> sum0 = start0, sum1 = start1, sum2 = start2, sum3 = start3;
            for (nuint group = 0; group < groups; group++)
            {
                Vector128<byte> code = Vector128.LoadUnsafe(ref first, group * GroupBytes);
                sum0 = TDot.Add(sum0, code, Broadcast(ref query0, group));
                sum1 = TDot.Add(sum1, code, Broadcast(ref query1, group));
                sum2 = TDot.Add(sum2, code, Broadcast(ref query2, group));
                sum3 = TDot.Add(sum3, code, Broadcast(ref query3, group));
            }
            ref int result = ref Unsafe.Add(ref sums, strip * StripRows);
            sum0.StoreUnsafe(ref result);
            sum1.StoreUnsafe(ref result, stride);
            sum2.StoreUnsafe(ref result, 2 * stride);
            sum3.StoreUnsafe(ref result, 3 * stride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref byte First(ref byte codes, nuint groups, nuint strip) =>
        ref Unsafe.Add(ref codes, strip / Strips * groups * GroupBytes + strip % Strips * (GroupBytes / Strips));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> Broadcast(ref int query, nuint group) => Vector128.Create(Unsafe.Add(ref query, group)).AsSByte();

    /// <summary>What the sums of a query have to begin with to be those of the unsigned codes: once a call, which is little beside its blocks.</summary>
    private static Vector128<int> Start(ref int query, nuint groups)
    {
        if (TDot.Offset == 0)
            return Vector128<int>.Zero;
        int sum = 0;
        for (nuint group = 0; group < groups; group++)
        {
            int four = Unsafe.Add(ref query, group);
            sum += (sbyte)four + (sbyte)(four >> 8) + (sbyte)(four >> 16) + (four >> 24);
        }
        return Vector128.Create(sum * TDot.Offset);
    }
}
