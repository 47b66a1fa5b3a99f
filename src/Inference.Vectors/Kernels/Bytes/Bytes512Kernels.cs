using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Inference.Vectors.Kernels.Bytes;

/// <summary>A group of a block in one register: products added in pairs to 16 bits, those in pairs to 32.</summary>
internal sealed class Bytes512Kernels : ByteKernels
{
    public static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512BW.IsSupported;

    public override string Name => "AVX-512BW, 512 bits";

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void One(ref byte codes, nuint groups, nuint blocks, ref int query, ref int sums)
    {
        nuint even = groups & ~(nuint)1;
        for (nuint block = 0; block < blocks; block++)
        {
            Vector512<int> sum = Vector512<int>.Zero, sumOdd = Vector512<int>.Zero;
            for (nuint group = 0; group < even; group += 2)
            {
                sum += Dot(ref codes, ref query, group);
                sumOdd += Dot(ref Unsafe.Add(ref codes, GroupBytes), ref Unsafe.Add(ref query, 1), group);
            }
            if (even < groups)
                sum += Dot(ref codes, ref query, even);
            (sum + sumOdd).StoreUnsafe(ref sums, block * BlockRows);
            codes = ref Unsafe.Add(ref codes, groups * GroupBytes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Two(ref byte codes, nuint groups, nuint blocks, ref int query0, ref int query1, ref int sums, nuint stride)
    {
        for (nuint block = 0; block < blocks; block++)
        {
            Vector512<int> sum0 = Vector512<int>.Zero, sum1 = Vector512<int>.Zero;
            for (nuint group = 0; group < groups; group++)
            {
                Vector512<byte> code = Vector512.LoadUnsafe(ref codes, group * GroupBytes);
                sum0 += Dot(code, ref query0, group);
                sum1 += Dot(code, ref query1, group);
            }
            sum0.StoreUnsafe(ref sums, block * BlockRows);
            sum1.StoreUnsafe(ref sums, block * BlockRows + stride);
            codes = ref Unsafe.Add(ref codes, groups * GroupBytes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Four(ref byte codes, nuint groups, nuint blocks, ref int query0, ref int query1, ref int query2, ref int query3, ref int sums, nuint stride)
    {
        for (nuint block = 0; block < blocks; block++)
        {
            Vector512<int> sum0 = Vector512<int>.Zero, sum1 = Vector512<int>.Zero, sum2 = Vector512<int>.Zero, sum3 = Vector512<int>.Zero;
            for (nuint group = 0; group < groups; group++)
            {
                Vector512<byte> code = Vector512.LoadUnsafe(ref codes, group * GroupBytes);
                sum0 += Dot(code, ref query0, group);
                sum1 += Dot(code, ref query1, group);
                sum2 += Dot(code, ref query2, group);
                sum3 += Dot(code, ref query3, group);
            }
            ref int result = ref Unsafe.Add(ref sums, block * BlockRows);
            sum0.StoreUnsafe(ref result);
            sum1.StoreUnsafe(ref result, stride);
            sum2.StoreUnsafe(ref result, 2 * stride);
            sum3.StoreUnsafe(ref result, 3 * stride);
            codes = ref Unsafe.Add(ref codes, groups * GroupBytes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Dot(ref byte codes, ref int query, nuint group) => Dot(Vector512.LoadUnsafe(ref codes, group * GroupBytes), ref query, group);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Dot(Vector512<byte> code, ref int query, nuint group) => Avx512BW.MultiplyAddAdjacent(
        Avx512BW.MultiplyAddAdjacent(code, Vector512.Create(Unsafe.Add(ref query, group)).AsSByte()),
        Vector512<short>.One);
}
