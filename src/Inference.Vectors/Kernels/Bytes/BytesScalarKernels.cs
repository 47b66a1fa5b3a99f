using System.Runtime.CompilerServices;

namespace Inference.Vectors.Kernels.Bytes;

/// <summary>The definition in <see cref="ByteKernels"/> written out: the oracle of the vector paths, and the fallback where there are none.</summary>
internal sealed class BytesScalarKernels : ByteKernels
{
    public override string Name => "scalar";

    public override void One(ref byte codes, nuint groups, nuint blocks, ref int query, ref int sums)
    {
        for (nuint row = 0; row < blocks * BlockRows; row++)
        {
            ref byte first = ref Unsafe.Add(ref codes, row / BlockRows * groups * GroupBytes + row % BlockRows * GroupDimensions);
            int sum = 0;
            for (nuint dimension = 0; dimension < groups * GroupDimensions; dimension++)
            {
                int group = Unsafe.Add(ref query, dimension / GroupDimensions);
                int code = (sbyte)(group >> (int)(dimension % GroupDimensions * 8));
                sum += Unsafe.Add(ref first, dimension / GroupDimensions * GroupBytes + dimension % GroupDimensions) * code;
            }
            Unsafe.Add(ref sums, row) = sum;
        }
    }

    public override void Two(ref byte codes, nuint groups, nuint blocks, ref int query0, ref int query1, ref int sums, nuint stride)
    {
        One(ref codes, groups, blocks, ref query0, ref sums);
        One(ref codes, groups, blocks, ref query1, ref Unsafe.Add(ref sums, stride));
    }

    public override void Four(ref byte codes, nuint groups, nuint blocks, ref int query0, ref int query1, ref int query2, ref int query3, ref int sums, nuint stride)
    {
        Two(ref codes, groups, blocks, ref query0, ref query1, ref sums, stride);
        Two(ref codes, groups, blocks, ref query2, ref query3, ref Unsafe.Add(ref sums, 2 * stride), stride);
    }
}
