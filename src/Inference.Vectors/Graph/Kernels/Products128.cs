using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Inference.Vectors.Graph.Kernels;

/// <summary>Integer products of 128 bits, summed in lanes of 32: with the instructions of x64, of Arm with and without its dot product, or of neither. The integers are the same.</summary>
internal static unsafe class Products128
{
    /// <summary>Adds eight products of 16-bit elements with 8-bit ones. Which lane gets which is left open.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> AddWords(Vector128<int> sum, Vector128<short> query, sbyte* row)
    {
        if (Sse41.IsSupported)
            return sum + Sse2.MultiplyAddAdjacent(query, Sse41.ConvertToVector128Int16(row));
        if (AdvSimd.IsSupported)
        {
            Vector128<short> words = AdvSimd.SignExtendWideningLower(Vector64.Load(row));
            return AdvSimd.MultiplyWideningUpperAndAdd(AdvSimd.MultiplyWideningLowerAndAdd(sum, query.GetLower(), words.GetLower()), query, words);
        }
        Vector128<short> wide = Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)row).AsSByte());
        return sum + Vector128.WidenLower(query) * Vector128.WidenLower(wide) + Vector128.WidenUpper(query) * Vector128.WidenUpper(wide);
    }

    /// <summary>Adds to each lane the products of the sixteen 2-bit codes that it has with sixteen dimensions of the query.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Add2(Vector128<int> sum, Vector128<byte> codes, Vector128<sbyte> q0, Vector128<sbyte> q1, Vector128<sbyte> q2, Vector128<sbyte> q3)
    {
        Vector128<byte> mask = Vector128.Create((byte)3);
        Vector128<byte> u0 = codes & mask, u1 = (codes.AsUInt16() >>> 2).AsByte() & mask;
        Vector128<byte> u2 = (codes.AsUInt16() >>> 4).AsByte() & mask, u3 = (codes.AsUInt16() >>> 6).AsByte() & mask;
        if (Dp.IsSupported)
            return AddFours(AddFours(AddFours(AddFours(sum, u0, q0), u1, q1), u2, q2), u3, q3);
        // Eight products of at most 3·127.
        return AddPairs(sum, Pairs(u0, q0) + Pairs(u1, q1) + (Pairs(u2, q2) + Pairs(u3, q3)));
    }

    /// <summary>Adds to each lane the products of the eight 4-bit codes that it has with eight dimensions of the query.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Add4(Vector128<int> sum, Vector128<byte> codes, Vector128<sbyte> q0, Vector128<sbyte> q1)
    {
        Vector128<byte> mask = Vector128.Create((byte)15);
        Vector128<byte> u0 = codes & mask, u1 = (codes.AsUInt16() >>> 4).AsByte() & mask;
        if (Dp.IsSupported)
            return AddFours(AddFours(sum, u0, q0), u1, q1);
        // Four products of at most 15·127.
        return AddPairs(sum, Pairs(u0, q0) + Pairs(u1, q1));
    }

    /// <summary>Four products into each lane. Codes below 128 are the same signed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> AddFours(Vector128<int> sum, Vector128<byte> codes, Vector128<sbyte> query) => Dp.DotProduct(sum, codes.AsSByte(), query);

    /// <summary>Products 2l and 2l + 1 in lane l.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Pairs(Vector128<byte> codes, Vector128<sbyte> query)
    {
        if (Ssse3.IsSupported)
            return Ssse3.MultiplyAddAdjacent(codes, query);
        if (AdvSimd.Arm64.IsSupported)
        {
            Vector128<short> low = AdvSimd.MultiplyWideningLower(codes.AsSByte().GetLower(), query.GetLower());
            return AdvSimd.Arm64.AddPairwise(low, AdvSimd.MultiplyWideningUpper(codes.AsSByte(), query));
        }
        Vector128<short> wide = codes.AsInt16(), q = query.AsInt16();
        return (wide & Vector128.Create((short)0xFF)) * (q << 8 >> 8) + (wide >> 8) * (q >> 8);
    }

    /// <summary>Elements 2l and 2l + 1 into lane l.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> AddPairs(Vector128<int> sum, Vector128<short> pairs)
    {
        if (Sse2.IsSupported)
            return sum + Sse2.MultiplyAddAdjacent(pairs, Vector128<short>.One);
        if (AdvSimd.IsSupported)
            return AdvSimd.AddPairwiseWideningAndAdd(sum, pairs);
        return sum + (pairs.AsInt32() << 16 >> 16) + (pairs.AsInt32() >> 16);
    }
}
