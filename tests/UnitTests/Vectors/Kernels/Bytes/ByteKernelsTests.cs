using Inference.Vectors.Kernels.Bytes;
using Xunit;

namespace UnitTests.Vectors.Kernels.Bytes;

/// <summary>Every way against the scalar definition, and the definition against plain sums.</summary>
public sealed class ByteKernelsTests
{
    private static readonly BytesScalarKernels Oracle = new();

    public static TheoryData<string> Names() => [.. ByteKernelSets.Supported.Select(static kernels => kernels.Name)];

    [Fact]
    public void One_OfTheOracle_IsTheSumOfProducts()
    {
        const int Groups = 3, Blocks = 2;
        byte[] codes = Codes(Groups * Blocks, seed: 1);
        int[] query = Query(Groups, seed: 2);
        var sums = new int[Blocks * 16];

        Oracle.One(ref codes[0], Groups, Blocks, ref query[0], ref sums[0]);

        for (int row = 0; row < sums.Length; row++)
        {
            int sum = 0;
            for (int dimension = 0; dimension < Groups * 4; dimension++)
            {
                byte code = codes[(row / 16 * Groups + dimension / 4) * 64 + row % 16 * 4 + dimension % 4];
                sum += code * (sbyte)(query[dimension / 4] >> (dimension % 4 * 8));
            }
            Assert.Equal(sum, sums[row]);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void All_WithAnyLengthAndNumberOfBlocks_GiveTheIntegersOfTheOracle(string name)
    {
        for (int groups = 1; groups <= 35; groups++)
        {
            foreach (int blocks in (int[])[0, 1, 2, 3, 16])
                AssertEqual(name, Codes(groups * Math.Max(blocks, 1), seed: groups), [.. Enumerable.Range(0, 4).Select(i => Query(groups, seed: 100 * i + groups))], blocks);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void All_WithExtremeCodes_DoNotSaturate(string name)
    {
        foreach (int groups in (int[])[1, 2, 16, 50])
        {
            foreach (byte code in (byte[])[0, 1, 127, 128, 255])
            {
                var codes = new byte[groups * 64 * 2];
                Array.Fill(codes, code);
                AssertEqual(name, codes, [Same(groups, 63), Same(groups, -63), Same(groups, 0), Mixed(groups)], blocks: 2);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void One_WithTheLargestSumsThatFit_GivesThem(string name)
    {
        // 255·63·4·groups just below 2³¹.
        const int Groups = int.MaxValue / (255 * 63 * 4);
        var codes = new byte[Groups * 64];
        Array.Fill(codes, (byte)255);
        int[] most = Same(Groups, 63), least = Same(Groups, -63);
        var sums = new int[32];

        Of(name).Two(ref codes[0], Groups, 1, ref most[0], ref least[0], ref sums[0], 16);

        Assert.All(sums[..16], static sum => Assert.Equal(255 * 63 * 4 * Groups, sum));
        Assert.All(sums[16..], static sum => Assert.Equal(-255 * 63 * 4 * Groups, sum));
    }

    private static void AssertEqual(string name, byte[] codes, int[][] queries, int blocks)
    {
        ByteKernels kernels = Of(name);
        nuint groups = (nuint)queries[0].Length, blockCount = (nuint)blocks;
        int rows = blocks * 16, stride = rows + 16;
        foreach (int count in (int[])[1, 2, 4])
        {
            int[] expected = Filled(4 * stride), actual = Filled(4 * stride);
            Run(Oracle, expected);
            Run(kernels, actual);
            Assert.Equal(expected, actual);

            void Run(ByteKernels of, int[] sums)
            {
                if (count == 1)
                    of.One(ref codes[0], groups, blockCount, ref queries[0][0], ref sums[0]);
                else if (count == 2)
                    of.Two(ref codes[0], groups, blockCount, ref queries[0][0], ref queries[1][0], ref sums[0], (nuint)stride);
                else
                    of.Four(ref codes[0], groups, blockCount, ref queries[0][0], ref queries[1][0], ref queries[2][0], ref queries[3][0], ref sums[0], (nuint)stride);
            }
        }
    }

    private static ByteKernels Of(string name) => ByteKernelSets.Supported.Single(kernels => kernels.Name == name);

    private static int[] Filled(int length)
    {
        var sums = new int[length];
        Array.Fill(sums, 12345);
        return sums;
    }

    private static byte[] Codes(int blockGroups, int seed)
    {
        var codes = new byte[blockGroups * 64];
        new Random(seed).NextBytes(codes);
        return codes;
    }

    private static int[] Query(int groups, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, groups).Select(_ => Pack(random.Next(-63, 64), random.Next(-63, 64), random.Next(-63, 64), random.Next(-63, 64)))];
    }

    private static int[] Same(int groups, int code) => [.. Enumerable.Repeat(Pack(code, code, code, code), groups)];

    private static int[] Mixed(int groups) => [.. Enumerable.Repeat(Pack(63, 63, -63, -63), groups)];

    private static int Pack(int a, int b, int c, int d) => (byte)a | (byte)b << 8 | (byte)c << 16 | (byte)d << 24;
}
