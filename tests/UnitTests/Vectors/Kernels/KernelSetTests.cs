using System.Runtime.InteropServices;
using Inference.Vectors.Kernels;
using Xunit;

namespace UnitTests.Vectors.Kernels;

/// <summary>Every width against the scalar definition, bit by bit, and the definition against sums in double.</summary>
public sealed class KernelSetTests
{
    private const int LongestLength = 4 * 16 + 1;

    private static readonly KernelSet Oracle = new KernelSetOf<ScalarKernels>();

    public static TheoryData<int> Widths()
    {
        var widths = new TheoryData<int>();
        foreach (KernelSet kernels in KernelSets.Supported)
            widths.Add(kernels.Width);
        return widths;
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Dot_WithAnyLengthAndAlignment_GivesTheBitsOfTheOracle(int width) => AssertPairs(width, static (kernels, a, b) => Dot(kernels, a, b));

    [Theory]
    [MemberData(nameof(Widths))]
    public void SquaredL2_WithAnyLengthAndAlignment_GivesTheBitsOfTheOracle(int width) => AssertPairs(width, static (kernels, a, b) => SquaredL2(kernels, a, b));

    [Theory]
    [MemberData(nameof(Widths))]
    public void Dot_WithAnyLength_IsWithinTheStatedErrorOfTheTrueSum(int width)
    {
        KernelSet kernels = Of(width);
        foreach (int length in (int[])[1, 2, 15, 16, 17, 64, 100, 128, 768, 4096, 20000])
        {
            float[] a = SeededVectors.Uniform(length, seed: length);
            float[] b = SeededVectors.Uniform(length, seed: -length);
            double sum = 0, magnitudes = 0;
            for (int i = 0; i < length; i++)
            {
                sum += (double)a[i] * b[i];
                magnitudes += Math.Abs((double)a[i] * b[i]);
            }
            Assert.InRange(Dot(kernels, a, b) - sum, -(length / 16.0 + 6) * Math.Pow(2, -24) * magnitudes, (length / 16.0 + 6) * Math.Pow(2, -24) * magnitudes);
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void SquaredL2_WithAnyLength_IsWithinTheStatedErrorOfTheTrueSum(int width)
    {
        KernelSet kernels = Of(width);
        foreach (int length in (int[])[1, 2, 15, 16, 17, 64, 100, 128, 768, 4096, 20000])
        {
            float[] a = SeededVectors.Uniform(length, seed: length);
            float[] b = SeededVectors.Uniform(length, seed: -length);
            double sum = 0;
            for (int i = 0; i < length; i++)
                sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
            double tolerance = (length / 16.0 + 8) * Math.Pow(2, -24) * sum;
            Assert.InRange(SquaredL2(kernels, a, b), sum - tolerance, sum + tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Rows_WithEveryStride_GiveTheBitsOfTheOracleInTheOrderOfTheRows(int width)
    {
        KernelSet kernels = Of(width);
        foreach (int stride in (int[])[16, 32, 48, 64, 112, 128, 256])
        {
            foreach (int rowCount in (int[])[0, 16, 32, 64])
            {
                float[] query = SeededVectors.Uniform(stride, seed: stride);
                float[] rows = SeededVectors.Uniform(stride * rowCount, seed: rowCount);
                var dots = new float[rowCount + 1];
                var distances = new float[rowCount + 1];
                dots[rowCount] = distances[rowCount] = 123;

                kernels.DotRows(ref query[0], ref MemoryMarshal.GetArrayDataReference(rows), (nuint)stride, (nuint)rowCount, ref dots[0]);
                kernels.SquaredL2Rows(ref query[0], ref MemoryMarshal.GetArrayDataReference(rows), (nuint)stride, (nuint)rowCount, ref distances[0]);

                for (int row = 0; row < rowCount; row++)
                {
                    AssertBits(Dot(Oracle, query, rows.AsSpan(row * stride, stride)), dots[row], $"stride {stride}, row {row}");
                    AssertBits(SquaredL2(Oracle, query, rows.AsSpan(row * stride, stride)), distances[row], $"stride {stride}, row {row}");
                }
                Assert.Equal(123, dots[rowCount]);
                Assert.Equal(123, distances[rowCount]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Gather_WithAnyNumberOfRows_GivesTheBitsOfTheOracleInTheOrderOfTheNumbers(int width)
    {
        const int Stride = 48, RowCount = 500;
        KernelSet kernels = Of(width);
        float[] query = SeededVectors.Uniform(Stride, seed: 3);
        float[] matrix = SeededVectors.Uniform(Stride * RowCount, seed: 4);
        var random = new Random(5);
        for (int picked = 0; picked <= LongestLength; picked++)
        {
            var numbers = new int[picked];
            foreach (ref int number in numbers.AsSpan())
                number = random.Next(RowCount);
            var dots = new float[picked + 1];
            var distances = new float[picked + 1];
            dots[picked] = distances[picked] = 123;

            kernels.DotGather(ref query[0], ref matrix[0], Stride, numbers, ref dots[0]);
            kernels.SquaredL2Gather(ref query[0], ref matrix[0], Stride, numbers, ref distances[0]);

            for (int i = 0; i < picked; i++)
            {
                AssertBits(Dot(Oracle, query, matrix.AsSpan(numbers[i] * Stride, Stride)), dots[i], $"{i} of {picked}");
                AssertBits(SquaredL2(Oracle, query, matrix.AsSpan(numbers[i] * Stride, Stride)), distances[i], $"{i} of {picked}");
            }
            Assert.Equal(123, dots[picked]);
            Assert.Equal(123, distances[picked]);
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Dot_WithZerosAppended_KeepsItsBits(int width)
    {
        KernelSet kernels = Of(width);
        for (int length = 1; length <= LongestLength; length++)
        {
            float[] a = SeededVectors.Uniform(length, seed: length);
            float[] b = SeededVectors.Uniform(length, seed: -length);
            float[] paddedA = [.. a, .. new float[16 - length % 16]];
            float[] paddedB = [.. b, .. new float[16 - length % 16]];
            AssertBits(Dot(kernels, a, b), Dot(kernels, paddedA, paddedB), $"length {length}");
            AssertBits(SquaredL2(kernels, a, b), SquaredL2(kernels, paddedA, paddedB), $"length {length}");
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Dot_WithNotANumberOrInfinityAnywhere_ShowsIt(int width)
    {
        KernelSet kernels = Of(width);
        foreach (int length in (int[])[1, 7, 16, 17, 40, LongestLength])
        {
            for (int position = 0; position < length; position++)
            {
                float[] ones = new float[length];
                Array.Fill(ones, 1f);
                float[] a = [.. ones];
                foreach (float value in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
                {
                    a[position] = value;
                    Assert.Equal(value, Dot(kernels, a, ones));
                    Assert.Equal(value * value, SquaredL2(kernels, a, ones));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void SquaredL2_WithNearVectorsFarFromZero_KeepsTheirDigits(int width)
    {
        float[] a = new float[64];
        Array.Fill(a, 1000f);
        float[] b = [.. a];
        b[63] += 0.0625f;

        Assert.Equal(0.0625f * 0.0625f, SquaredL2(Of(width), a, b));
    }

    private static void AssertPairs(int width, PairSum sum)
    {
        KernelSet kernels = Of(width);
        float[] a = SeededVectors.Uniform(LongestLength + 16, seed: 1);
        float[] b = SeededVectors.Uniform(LongestLength + 16, seed: 2);
        for (int length = 0; length <= LongestLength; length++)
        {
            for (int offset = 0; offset < 4; offset++)
            {
                // Different offsets: at most one of the two can be aligned.
                ReadOnlySpan<float> sliceA = a.AsSpan(offset, length);
                ReadOnlySpan<float> sliceB = b.AsSpan(2 * offset + 1, length);
                AssertBits(sum(Oracle, sliceA, sliceB), sum(kernels, sliceA, sliceB), $"length {length}, offset {offset}");
            }
        }
    }

    private static void AssertBits(float expected, float actual, string where) =>
        Assert.True(BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(actual), $"{where}: expected {expected:R}, got {actual:R}");

    private static KernelSet Of(int width) => KernelSets.Supported.Single(kernels => kernels.Width == width);

    private static float Dot(KernelSet kernels, ReadOnlySpan<float> a, ReadOnlySpan<float> b) =>
        kernels.Dot(ref MemoryMarshal.GetReference(a), ref MemoryMarshal.GetReference(b), (nuint)a.Length);

    private static float SquaredL2(KernelSet kernels, ReadOnlySpan<float> a, ReadOnlySpan<float> b) =>
        kernels.SquaredL2(ref MemoryMarshal.GetReference(a), ref MemoryMarshal.GetReference(b), (nuint)a.Length);

    private delegate float PairSum(KernelSet kernels, ReadOnlySpan<float> a, ReadOnlySpan<float> b);
}
