using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Vectors.Kernels.Bytes;

/// <summary>A group of a block in two registers of eight rows each.</summary>
internal sealed class Bytes256Kernels<TDot> : ByteKernels
    where TDot : struct, IDot256
{
    /// <summary>Rows of a register.</summary>
    private const int Half = 8;

    /// <summary>Bytes of a register.</summary>
    private const int HalfBytes = GroupBytes / 2;

    public override string Name => TDot.Name;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void One(ref byte codes, nuint groups, nuint blocks, ref int query, ref int sums)
    {
        for (nuint block = 0; block < blocks; block++)
        {
            Vector256<int> low = Vector256<int>.Zero, high = Vector256<int>.Zero;
            for (nuint group = 0; group < groups; group++)
            {
                Vector256<sbyte> four = Broadcast(ref query, group);
                low = TDot.Add(low, Vector256.LoadUnsafe(ref codes, group * GroupBytes), four);
                high = TDot.Add(high, Vector256.LoadUnsafe(ref codes, group * GroupBytes + HalfBytes), four);
            }
            ref int result = ref Unsafe.Add(ref sums, block * BlockRows);
            low.StoreUnsafe(ref result);
            high.StoreUnsafe(ref result, Half);
            codes = ref Unsafe.Add(ref codes, groups * GroupBytes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Two(ref byte codes, nuint groups, nuint blocks, ref int query0, ref int query1, ref int sums, nuint stride)
    {
        for (nuint block = 0; block < blocks; block++)
        {
            Vector256<int> low0 = Vector256<int>.Zero, high0 = Vector256<int>.Zero, low1 = Vector256<int>.Zero, high1 = Vector256<int>.Zero;
            for (nuint group = 0; group < groups; group++)
            {
                Vector256<byte> low = Vector256.LoadUnsafe(ref codes, group * GroupBytes);
                Vector256<byte> high = Vector256.LoadUnsafe(ref codes, group * GroupBytes + HalfBytes);
                Vector256<sbyte> four = Broadcast(ref query0, group);
                low0 = TDot.Add(low0, low, four);
                high0 = TDot.Add(high0, high, four);
                four = Broadcast(ref query1, group);
                low1 = TDot.Add(low1, low, four);
                high1 = TDot.Add(high1, high, four);
            }
            ref int result = ref Unsafe.Add(ref sums, block * BlockRows);
            low0.StoreUnsafe(ref result);
            high0.StoreUnsafe(ref result, Half);
            low1.StoreUnsafe(ref result, stride);
            high1.StoreUnsafe(ref result, stride + Half);
            codes = ref Unsafe.Add(ref codes, groups * GroupBytes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Four(ref byte codes, nuint groups, nuint blocks, ref int query0, ref int query1, ref int query2, ref int query3, ref int sums, nuint stride)
    {
        for (nuint block = 0; block < blocks; block++)
        {
            Vector256<int> low0 = Vector256<int>.Zero, high0 = Vector256<int>.Zero, low1 = Vector256<int>.Zero, high1 = Vector256<int>.Zero;
            Vector256<int> low2 = Vector256<int>.Zero, high2 = Vector256<int>.Zero, low3 = Vector256<int>.Zero, high3 = Vector256<int>.Zero;
            for (nuint group = 0; group < groups; group++)
            {
                Vector256<byte> low = Vector256.LoadUnsafe(ref codes, group * GroupBytes);
                Vector256<byte> high = Vector256.LoadUnsafe(ref codes, group * GroupBytes + HalfBytes);
                Vector256<sbyte> four = Broadcast(ref query0, group);
                low0 = TDot.Add(low0, low, four);
                high0 = TDot.Add(high0, high, four);
                four = Broadcast(ref query1, group);
                low1 = TDot.Add(low1, low, four);
                high1 = TDot.Add(high1, high, four);
                four = Broadcast(ref query2, group);
                low2 = TDot.Add(low2, low, four);
                high2 = TDot.Add(high2, high, four);
                four = Broadcast(ref query3, group);
                low3 = TDot.Add(low3, low, four);
                high3 = TDot.Add(high3, high, four);
            }
            ref int result = ref Unsafe.Add(ref sums, block * BlockRows);
            low0.StoreUnsafe(ref result);
            high0.StoreUnsafe(ref result, Half);
            low1.StoreUnsafe(ref result, stride);
            high1.StoreUnsafe(ref result, stride + Half);
            low2.StoreUnsafe(ref result, 2 * stride);
            high2.StoreUnsafe(ref result, 2 * stride + Half);
            low3.StoreUnsafe(ref result, 3 * stride);
            high3.StoreUnsafe(ref result, 3 * stride + Half);
            codes = ref Unsafe.Add(ref codes, groups * GroupBytes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Broadcast(ref int query, nuint group) => Vector256.Create(Unsafe.Add(ref query, group)).AsSByte();
}
