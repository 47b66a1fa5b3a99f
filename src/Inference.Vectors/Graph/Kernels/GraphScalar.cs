namespace Inference.Vectors.Graph.Kernels;

/// <summary>The definitions in <see cref="IGraphKernels"/> written out: the oracle of the vector paths, and the fallback where there are none.</summary>
internal readonly unsafe struct GraphScalar : IGraphKernels
{
    public static bool IsSupported => true;

    public static int Width => 0;

    public static void DotRows(short* query, sbyte* codes, nuint stride, nuint length, int* rows, nuint count, int* dots)
    {
        for (nuint i = 0; i < count; i++)
        {
            sbyte* row = codes + (nuint)(uint)rows[i] * stride;
            int sum = 0;
            for (nuint j = 0; j < length; j++)
                sum += query[j] * row[j];
            dots[i] = sum;
        }
    }

    public static float Dot(float* query, short* vector, nuint length)
    {
        float sum = 0;
        for (nuint i = 0; i < length; i++)
            sum += query[i] * vector[i];
        return sum;
    }

    public static float SquaredL2(float* query, short* vector, float scale, nuint length)
    {
        float sum = 0;
        for (nuint i = 0; i < length; i++)
        {
            float difference = query[i] - scale * vector[i];
            sum += difference * difference;
        }
        return sum;
    }

    public static void Sums2(sbyte* query, byte* codes, nuint length, int* sums) => Sums(query, codes, length, sums, bits: 2);

    public static void Sums4(sbyte* query, byte* codes, nuint length, int* sums) => Sums(query, codes, length, sums, bits: 4);

    public static int Rank(ulong* keys, int count, ulong key)
    {
        int rank = 0;
        while (rank < count && keys[rank] < key)
            rank++;
        return rank;
    }

    public static uint Estimate(int* sums, ushort* factors, in EstimateLine line, float limit, float* estimates)
    {
        uint below = 0;
        for (int slot = 0; slot < IGraphKernels.Slots; slot++)
        {
            float first = Widen(factors[slot]), second = Widen(factors[slot + IGraphKernels.Slots]);
            float estimate = line.Base + line.Slope * first - second * line.Step * (sums[slot] - line.Offset);
            estimates[slot] = estimate;
            if (estimate < limit)
                below |= 1u << slot;
        }
        return below;
    }

    private static void Sums(sbyte* query, byte* codes, nuint length, int* sums, int bits)
    {
        // Dimensions whose codes share the four bytes of a vector.
        nuint group = (nuint)(32 / bits);
        int mask = (1 << bits) - 1;
        for (nuint slot = 0; slot < IGraphKernels.Slots; slot++)
        {
            int sum = 0;
            for (nuint i = 0; i < length; i++)
            {
                nuint inGroup = i % group;
                int four = codes[(i / group * IGraphKernels.Slots + slot) * 4 + inGroup % 4];
                sum += query[i] * (four >> (int)(inGroup / 4) * bits & mask);
            }
            sums[slot] = sum;
        }
    }

    private static float Widen(ushort bf16) => BitConverter.UInt32BitsToSingle((uint)bf16 << 16);
}
