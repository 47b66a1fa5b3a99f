using Xunit;

namespace UnitTests.Vectors.Graph.Kernels;

/// <summary>Products with 8-bit rows, which are exact, and with 16-bit vectors, which are rounded.</summary>
public sealed class GraphKernelDotTests
{
    public static TheoryData<string> Names => GraphKernelCase.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void DotRows_WithAnyLengthAndCount_AreThoseOfTheOracle(string name)
    {
        const int Rows = 50;
        for (int length = 32; length <= 320; length += 32)
        {
            var random = new Random(length);
            // Rows may lie apart, and what lies between them, or behind the query, does not count.
            int stride = (length + 63) / 64 * 64;
            short[] query = [.. Enumerable.Range(0, length).Select(_ => (short)random.Next(-32767, 32768)), .. Enumerable.Repeat(short.MaxValue, 64)];
            sbyte[] codes = [.. Enumerable.Range(0, Rows * stride + 64).Select(i => i % stride < length ? (sbyte)random.Next(-127, 128) : (sbyte)127)];
            for (int count = 0; count <= 40; count++)
            {
                int[] rows = [.. Enumerable.Range(0, count).Select(_ => random.Next(Rows))];

                int[] expected = GraphKernelCase.Scalar.DotRows(query, codes, stride, length, rows);

                Assert.Equal(expected, GraphKernelCase.Of(name).DotRows(query, codes, stride, length, rows));
                Assert.Equal(rows.Select(row => Enumerable.Range(0, length).Sum(i => query[i] * codes[row * stride + i])), expected[..count]);
                Assert.All(expected[count..], static untouched => Assert.Equal(GraphKernelCase.Untouched, untouched));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void DotRows_WithTheLargestSumsThatFit_GivesThem(string name)
    {
        foreach (int length in (int[])[32, 64, 320, 544, 4096, 8192])
        {
            var magnitude = (short)Math.Min(short.MaxValue, int.MaxValue / 127 / length);
            sbyte[] codes = [.. Enumerable.Repeat((sbyte)127, length), .. Enumerable.Repeat((sbyte)-127, length)];
            short[] most = [.. Enumerable.Repeat(magnitude, length)], least = [.. Enumerable.Repeat((short)-magnitude, length)];
            int largest = magnitude * 127 * length;

            Assert.Equal([largest, -largest, -largest, largest, largest], GraphKernelCase.Of(name).DotRows(most, codes, length, length, [0, 1, 1, 0, 0])[..5]);
            Assert.Equal([-largest, largest, largest, -largest, largest], GraphKernelCase.Of(name).DotRows(least, codes, length, length, [0, 1, 1, 0, 1])[..5]);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Dot_WithAnyLength_IsTheProduct(string name)
    {
        for (int length = 32; length <= 320; length += 32)
        {
            (float[] query, short[] vector) = Pair(length);
            double expected = 0, magnitude = 0;
            for (int i = 0; i < length; i++)
            {
                expected += (double)query[i] * vector[i];
                magnitude += Math.Abs((double)query[i] * vector[i]);
            }

            Assert.Equal(expected, GraphKernelCase.Of(name).Dot(query, vector, length), magnitude * Rounding(length));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void SquaredL2_WithAnyLength_IsTheSquaredDistance(string name)
    {
        for (int length = 32; length <= 320; length += 32)
        {
            (float[] query, short[] vector) = Pair(length);
            foreach (float scale in (float[])[1f / 32767, 3e-7f, 0])
            {
                double expected = 0, magnitude = 0;
                for (int i = 0; i < length; i++)
                {
                    double scaled = (double)scale * vector[i], sum = Math.Abs(query[i]) + Math.Abs(scaled);
                    expected += (query[i] - scaled) * (query[i] - scaled);
                    magnitude += sum * sum;
                }

                Assert.Equal(expected, GraphKernelCase.Of(name).SquaredL2(query, vector, scale, length), magnitude * Rounding(length));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void SquaredL2_WithTheVectorItself_IsZero(string name)
    {
        short[] vector = [.. Enumerable.Range(0, 64).Select(static i => (short)(i * 1000 - 32000))];
        float[] query = [.. vector.Select(static word => word * 0.25f)];

        Assert.Equal(0, GraphKernelCase.Of(name).SquaredL2(query, vector, 0.25f, 64));
    }

    /// <summary>A query in [−1, 1) with NaN behind it, and a vector with the extreme codes in it.</summary>
    private static (float[] Query, short[] Vector) Pair(int length)
    {
        var random = new Random(length);
        float[] query = [.. SeededVectors.Uniform(length, seed: length), .. Enumerable.Repeat(float.NaN, 32)];
        short[] vector = [.. Enumerable.Range(0, length + 32).Select(_ => (short)random.Next(-32767, 32768))];
        vector[0] = short.MaxValue;
        vector[length - 1] = -short.MaxValue;
        return (query, vector);
    }

    /// <summary>What each of so many additions may round away.</summary>
    private static double Rounding(int length) => length * 6e-8;
}
