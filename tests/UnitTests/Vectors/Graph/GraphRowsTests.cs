using System.Numerics.Tensors;
using Inference.Vectors;
using Inference.Vectors.Graph;
using Xunit;

namespace UnitTests.Vectors.Graph;

public sealed unsafe class GraphRowsTests
{
    private const int Rows = 60;

    public static TheoryData<Metric, int> Cases
    {
        get
        {
            var cases = new TheoryData<Metric, int>();
            foreach (Metric metric in Enum.GetValues<Metric>())
            {
                foreach (int dimension in (int[])[1, 3, 32, 64, 100, 513])
                    cases.Add(metric, dimension);
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Round_OfATurnedVector_IsWhatDecodeGives(Metric metric, int dimension)
    {
        VectorMatrix matrix = SeededVectors.Matrix(Rows, dimension, seed: dimension);
        GraphSpace space = GraphSpace.Of(matrix, metric, seed: 1);
        using GraphRows rows = RowsOf(matrix, space);
        for (int row = 0; row < Rows; row++)
        {
            float[] turned = Turned(space, matrix.Row(row));
            GraphRows.Round(turned);
            Assert.Equal(Decoded(rows, row)[..turned.Length], turned);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Decode_OfEachRow_IsItsTurnedVector(Metric metric, int dimension)
    {
        VectorMatrix matrix = SeededVectors.Matrix(Rows, dimension, seed: dimension);
        GraphSpace space = GraphSpace.Of(matrix, metric, seed: 1);
        using GraphRows rows = RowsOf(matrix, space);
        for (int row = 0; row < Rows; row++)
        {
            float[] turned = Turned(space, matrix.Row(row)), decoded = Decoded(rows, row);

            Assert.InRange(TensorPrimitives.Distance<float>(turned, decoded.AsSpan(0, dimension)), 0, 1e-4f * TensorPrimitives.Norm<float>(turned));
            Assert.All(decoded[dimension..], static padding => Assert.Equal(0, padding));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Factors_OfEachRow_AreThoseOfItsCodes(Metric metric, int dimension)
    {
        VectorMatrix matrix = SeededVectors.Matrix(Rows, dimension, seed: dimension);
        GraphSpace space = GraphSpace.Of(matrix, metric, seed: 2);
        using GraphRows rows = RowsOf(matrix, space);
        for (int row = 0; row < Rows; row++)
        {
            var codes = new ReadOnlySpan<sbyte>(rows.Codes + row * (int)rows.CodeStride, (int)rows.CodeStride);
            RowFactor factor = rows.Factors[row];
            float[] turned = Turned(space, matrix.Row(row));
            double squared = 0;
            for (int i = 0; i < codes.Length; i++)
            {
                double decoded = (double)factor.Scale * codes[i];
                squared += decoded * decoded;
                Assert.InRange(codes[i], (sbyte)-127, (sbyte)127);
                // Half a step, and a little for rounding.
                Assert.InRange(decoded - (i < dimension ? turned[i] : 0), -0.501 * factor.Scale, 0.501 * factor.Scale);
            }
            Assert.Equal(squared, factor.SquaredNorm, 1e-6 * squared);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Decode_OfTwoRows_KeepsTheirDistance(Metric metric, int dimension)
    {
        VectorMatrix matrix = SeededVectors.Matrix(Rows, dimension, seed: dimension);
        using GraphRows rows = RowsOf(matrix, GraphSpace.Of(matrix, metric, seed: 3));
        for (int row = 1; row < Rows; row++)
        {
            ReadOnlySpan<float> a = matrix.Row(row - 1), b = matrix.Row(row);
            float[] first = Decoded(rows, row - 1), second = Decoded(rows, row);
            if (metric == Metric.L2)
                Assert.Equal(TensorPrimitives.Distance(a, b), TensorPrimitives.Distance<float>(first, second), 1e-4f * (TensorPrimitives.Norm(a) + TensorPrimitives.Norm(b) + 1));
            else if (metric == Metric.Cosine)
                Assert.Equal(TensorPrimitives.CosineSimilarity(a, b), TensorPrimitives.Dot<float>(first, second), 2e-4f);
            else
                Assert.Equal(TensorPrimitives.Dot(a, b), TensorPrimitives.Dot<float>(first, second), 2e-4f * TensorPrimitives.Norm(a) * TensorPrimitives.Norm(b));
        }
    }

    [Fact]
    public void Of_WithCosine_BringsRowsToLengthOne()
    {
        VectorMatrix matrix = VectorMatrix.Create([3, 4, 0, 3e-20f, 4e-20f, 0, 3e20f, 0, 4e20f], 3);
        using GraphRows rows = RowsOf(matrix, GraphSpace.Of(matrix, Metric.Cosine, seed: 4));

        for (int row = 0; row < 3; row++)
        {
            Assert.Equal(1, TensorPrimitives.Norm<float>(Decoded(rows, row)), 1e-4f);
            Assert.Equal(1, rows.Factors[row].SquaredNorm, 0.02f);
        }
        Assert.Equal(0, TensorPrimitives.Distance<float>(Decoded(rows, 0), Decoded(rows, 1)), 1e-4f);
    }

    [Theory]
    [InlineData(Metric.InnerProduct)]
    [InlineData(Metric.Cosine)]
    [InlineData(Metric.L2)]
    public void Of_WithZeroVectors_LeavesThemZero(Metric metric)
    {
        // Their mean is zero too.
        VectorMatrix matrix = VectorMatrix.Create(new float[5 * 40], 40);
        using GraphRows rows = RowsOf(matrix, GraphSpace.Of(matrix, metric, seed: 5));
        for (int row = 0; row < 5; row++)
        {
            Assert.Equal(new RowFactor(0, 0), rows.Factors[row]);
            Assert.Equal(0, rows.WordScale(row));
            Assert.All(Decoded(rows, row), static element => Assert.Equal(0, element));
            Assert.True(new ReadOnlySpan<sbyte>(rows.Codes + row * (int)rows.CodeStride, (int)rows.CodeStride).IndexOfAnyExcept((sbyte)0) < 0);
        }
    }

    [Fact]
    public void Set_FromTheWordsOfAnotherRow_GivesTheSameRow()
    {
        VectorMatrix matrix = SeededVectors.Matrix(2, 70, seed: 6);
        GraphSpace space = GraphSpace.Of(matrix, Metric.InnerProduct, seed: 6);
        using GraphRows rows = RowsOf(matrix, space);
        using var copy = new GraphRows(1, space);

        copy.Set(0, rows.WordsOf(1), rows.WordScale(1), new float[(int)rows.Length]);

        Assert.Equal(Decoded(rows, 1), Decoded(copy, 0));
        Assert.Equal(rows.Factors[1].SquaredNorm, copy.Factors[0].SquaredNorm, 1e-3f * rows.Factors[1].SquaredNorm);
        Assert.Equal(rows.Factors[1].Scale, copy.Factors[0].Scale, 1e-3f * rows.Factors[1].Scale);
    }

    [Theory]
    [InlineData(Metric.InnerProduct)]
    [InlineData(Metric.L2)]
    public void Restore_OfADecodedRow_GivesTheVector(Metric metric)
    {
        VectorMatrix matrix = SeededVectors.Matrix(Rows, 65, seed: 7);
        GraphSpace space = GraphSpace.Of(matrix, metric, seed: 7);
        using GraphRows rows = RowsOf(matrix, space);
        var restored = new float[65];
        for (int row = 0; row < Rows; row++)
        {
            space.Restore(Decoded(rows, row), restored);

            Assert.InRange(TensorPrimitives.Distance(matrix.Row(row), restored), 0, 1e-4f * TensorPrimitives.Norm(matrix.Row(row)));
        }
    }

    [Fact]
    public void QueryMagnitude_WithAnyLength_IsTheLargestThatFits()
    {
        for (int length = 32; length <= 8192; length += 32)
        {
            int magnitude = GraphRows.QueryMagnitude((nuint)length);

            Assert.InRange((long)magnitude * 127 * length, 1, int.MaxValue);
            Assert.True(magnitude == short.MaxValue || (magnitude + 1L) * 127 * length > int.MaxValue);
        }
    }

    private static GraphRows RowsOf(VectorMatrix matrix, GraphSpace space) => GraphRows.Of(matrix, space, new ParallelOptions { MaxDegreeOfParallelism = 2 });

    /// <summary>Not padded.</summary>
    private static float[] Turned(GraphSpace space, ReadOnlySpan<float> vector)
    {
        var turned = new float[vector.Length];
        space.Turn(vector, new float[vector.Length], turned);
        return turned;
    }

    private static float[] Decoded(GraphRows rows, int row)
    {
        var vector = new float[(int)rows.Length];
        rows.Decode(row, vector);
        return vector;
    }
}
