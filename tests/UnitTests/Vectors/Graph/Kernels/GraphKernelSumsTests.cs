using Inference.Vectors.Graph.Kernels;
using Xunit;

namespace UnitTests.Vectors.Graph.Kernels;

/// <summary>Sums over inline codes: exact at every width.</summary>
public sealed class GraphKernelSumsTests
{
    /// <summary>The longest that is documented for 2-bit codes.</summary>
    private const int Longest = 5440;

    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (GraphKernelCase kernels in GraphKernelCase.Supported)
            {
                cases.Add(kernels.Name, 2);
                cases.Add(kernels.Name, 4);
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Sums_WithCodesOfKnownVectors_AreTheirProductsWithTheQuery(string name, int bits)
    {
        foreach (int length in (int[])[32, 96])
        {
            var query = new sbyte[length];
            for (int i = 0; i < length; i++)
                query[i] = (sbyte)(i * 37 % 255 - 127);
            int Code(int vector, int dimension) => (vector * 7 + dimension * 3 + vector * dimension) % (1 << bits);

            int[] sums = GraphKernelCase.Of(name).Sums(bits, query, PackedCodes.Of(bits, length, Code), length);

            Assert.Equal(Enumerable.Range(0, 32).Select(vector => Enumerable.Range(0, length).Sum(i => query[i] * Code(vector, i))), sums[..32]);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Sums_WithOneElementEach_FindItsPlace(string name, int bits)
    {
        const int Length = 32;
        int most = (1 << bits) - 1;
        for (int dimension = 0; dimension < Length; dimension++)
        {
            var query = new sbyte[Length];
            query[dimension] = 1;

            // Vector v has a code in dimension v only, so only vector "dimension" has one where the query does.
            int[] sums = GraphKernelCase.Of(name).Sums(bits, query, PackedCodes.Of(bits, Length, (vector, i) => vector == i ? most : 0), Length);

            Assert.Equal(Enumerable.Range(0, 32).Select(vector => vector == dimension ? most : 0), sums[..32]);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Sums_WithRandomCodesOfAnyLength_AreThoseOfTheOracle(string name, int bits)
    {
        foreach (int length in Lengths())
        {
            var random = new Random(length);
            var codes = new byte[length * bits * 4 + 256];
            random.NextBytes(codes);
            sbyte[] query = [.. Enumerable.Range(0, length + 64).Select(_ => (sbyte)random.Next(-127, 128))];

            int[] expected = GraphKernelCase.Scalar.Sums(bits, query, codes, length);

            Assert.Equal(expected, GraphKernelCase.Of(name).Sums(bits, query, codes, length));
            Assert.All(expected[32..], static untouched => Assert.Equal(GraphKernelCase.Untouched, untouched));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Sums_WithExtremeCodes_DoNotOverflow(string name, int bits)
    {
        GraphKernelCase kernels = GraphKernelCase.Of(name);
        int most = (1 << bits) - 1;
        foreach (int length in Lengths())
        {
            // What lies behind the length would be noticed.
            var codes = new byte[length * bits * 4 + 256];
            Array.Fill(codes, (byte)0xFF);
            var query = new sbyte[length + 64];
            Array.Fill(query, (sbyte)127);
            Assert.Equal(Enumerable.Repeat(most * 127 * length, 32), kernels.Sums(bits, query, codes, length)[..32]);

            Array.Fill(query, (sbyte)-127);
            Assert.Equal(Enumerable.Repeat(-most * 127 * length, 32), kernels.Sums(bits, query, codes, length)[..32]);

            // The first half against the second: nothing may be lost on the way up.
            query.AsSpan(length / 2).Fill(127);
            Assert.Equal(Enumerable.Repeat(0, 32), kernels.Sums(bits, query, codes, length)[..32]);

            // Each dimension of four in turn, so that single 16-bit lanes carry all.
            for (int byteOfFour = 0; byteOfFour < 4; byteOfFour++)
            {
                for (int i = 0; i < query.Length; i++)
                    query[i] = (sbyte)(i % 4 == byteOfFour ? -127 : 0);
                Assert.Equal(Enumerable.Repeat(-most * 127 * (length / 4), 32), kernels.Sums(bits, query, codes, length)[..32]);
            }
        }
    }

    private static IEnumerable<int> Lengths() => Enumerable.Range(1, 10).Select(static i => 32 * i).Append(352).Append(Longest);
}
