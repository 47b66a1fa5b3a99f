using Inference.Vectors;
using Xunit;

namespace UnitTests.Vectors.Graph;

/// <summary>Few rows, equal rows, extreme rows, absent rows; and what scores are.</summary>
public sealed class GraphIndexEdgeTests
{
    public static TheoryData<IndexKind, Metric> Indexes()
    {
        var indexes = new TheoryData<IndexKind, Metric>();
        foreach (Metric metric in Enum.GetValues<Metric>())
        {
            indexes.Add(IndexKind.Fast, metric);
            indexes.Add(IndexKind.Compact, metric);
        }
        return indexes;
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void Search_WithFewRows_FindsThemInTheOrderOfTheFlatIndex(IndexKind kind, Metric metric)
    {
        for (int count = 0; count < 40; count += count < 4 ? 1 : 17)
        {
            foreach (int dimension in (int[])[1, 3, 33])
            {
                using VectorMatrix matrix = SeededVectors.Matrix(count, dimension, seed: 7 + count);
                using var flat = new ExactIndex(matrix, metric);
                using VectorIndex graph = Build(matrix, metric, kind);
                float[] query = SeededVectors.Uniform(dimension, seed: 9);

                Neighbor[] found = GraphAssert.Search(graph, query, 50);

                Assert.Equal(count, found.Length);
                GraphAssert.Wellformed(found);
                foreach (Neighbor neighbor in found)
                    Assert.Equal(flat.Score(query, neighbor.Row), neighbor.Score, 0.01f);
                var requests = new SearchRequest[] { new(query, new Neighbor[5]), new(query, new Neighbor[1]), new(query, default) };
                GraphAssert.SameTogether(graph, requests);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void Search_WithAllRowsEqual_FindsAsManyAsAreWanted(IndexKind kind, Metric metric)
    {
        foreach (float element in (float[])[0, 0.7f])
        {
            using VectorMatrix matrix = VectorMatrix.Create([.. Enumerable.Repeat(element, 1500 * 20)], 20);
            using VectorIndex graph = Build(matrix, metric, kind);
            float[] query = SeededVectors.Uniform(20, seed: 1);
            foreach (int wanted in (int[])[1, 10, 300, 1500])
            {
                Neighbor[] found = GraphAssert.Search(graph, query, wanted);
                Assert.Equal(wanted, found.Length);
                GraphAssert.Wellformed(found);
                Assert.Single(found.Select(static n => n.Score).Distinct());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void Search_WithEveryRowTwoHundredTimes_FindsTheRowsOfEachCluster(IndexKind kind, Metric metric)
    {
        const int Clusters = 20, Copies = 200, Dimension = 16;
        float[] centres = SeededVectors.Uniform(Clusters * Dimension, seed: 3);
        for (int cluster = 0; cluster < Clusters; cluster++)
        {
            // Of one length, so that each is the best row for itself by any metric.
            Span<float> centre = centres.AsSpan(cluster * Dimension, Dimension);
            System.Numerics.Tensors.TensorPrimitives.Divide(centre, System.Numerics.Tensors.TensorPrimitives.Norm<float>(centre), centre);
        }
        using VectorMatrix matrix = VectorMatrix.Create(Clusters * Copies, Dimension, (row, vector) => centres.AsSpan(row % Clusters * Dimension, Dimension).CopyTo(vector));
        using VectorIndex graph = Build(matrix, metric, kind);
        for (int cluster = 0; cluster < Clusters; cluster++)
        {
            Neighbor[] found = GraphAssert.Search(graph, centres[(cluster * Dimension)..((cluster + 1) * Dimension)], 100);
            Assert.Equal(100, found.Length);
            Assert.All(found, n => Assert.Equal(cluster, n.Row % Clusters));
            GraphAssert.Wellformed(found);
        }
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void Search_WithRowsOfAnyLength_GivesFiniteScores(IndexKind kind, Metric metric)
    {
        // The squares of some are infinite, of others zero.
        using VectorMatrix matrix = RowsOfLengths(1e30f, 1e-30f);
        using VectorIndex graph = Build(matrix, metric, kind);
        foreach (float length in (float[])[1, 1e30f, 1e-30f, 0])
        {
            for (int seed = 0; seed < 5; seed++)
            {
                float[] query = [.. SeededVectors.Uniform(matrix.Dimension, seed).Select(x => x * length)];
                foreach (int wanted in (int[])[10, matrix.Count])
                {
                    Neighbor[] found = GraphAssert.Search(graph, query, wanted);
                    Assert.Equal(wanted, found.Length);
                    GraphAssert.Wellformed(found);
                    Assert.All(found, n => Assert.Equal(n.Score, graph.Score(query, n.Row)));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void Search_WithAFewRowsFarOutside_StillFindsTheOthers(IndexKind kind, Metric metric)
    {
        using VectorMatrix matrix = RowsOfLengths(1e8f, 1e-8f);
        using var flat = new ExactIndex(matrix, metric);
        using VectorIndex graph = Build(matrix, metric, kind);
        using RowSet far = RowSet.Rent(matrix.Count);
        for (int row = 0; row < matrix.Count; row += 100)
            far.Add(row);
        int hits = 0;
        for (int seed = 0; seed < 20; seed++)
        {
            float[] query = SeededVectors.Uniform(matrix.Dimension, seed);
            float worst = GraphAssert.Search(flat, query, 10, RowFilter.Deny(far))[^1].Score;
            hits += GraphAssert.Search(graph, query, 10, RowFilter.Deny(far)).Count(n => flat.Score(query, n.Row) >= worst - 1e-3f * Math.Abs(worst));
        }
        Assert.True(hits >= 190, $"{hits} of 200");
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void Search_WithAbsentRows_NeverFindsThem(IndexKind kind, Metric metric)
    {
        const int Count = 1200, Dimension = 12;
        using VectorMatrix matrix = SeededVectors.Matrix(Count, Dimension, seed: 11);
        int[] absent = [.. Enumerable.Range(0, Count).Where(static row => row % 3 == 0), Count - 1, 0, 0];
        using VectorIndex graph = IndexBuilder.Build(matrix, metric, new IndexOptions { Kind = kind, AbsentRows = absent, TargetRecall = 0 });
        var vector = new float[Dimension];
        using RowSet allowed = RowSet.Rent(Count);
        for (int row = 0; row < Count; row += 2)
            allowed.Add(row);
        int present = Count - absent.Distinct().Count();

        foreach (int row in absent)
        {
            Assert.DoesNotContain(row, GraphAssert.Search(graph, matrix.Row(row).ToArray(), 10).Select(static n => n.Row));
            Assert.Throws<ArgumentOutOfRangeException>(() => graph.Score(vector, row));
            Assert.Throws<ArgumentOutOfRangeException>(() => graph.CopyVector(row, vector));
        }
        Assert.Equal(present, GraphAssert.Search(graph, vector, Count).Length);
        Assert.All(GraphAssert.Search(graph, vector, Count, RowFilter.Allow(allowed)), static n => Assert.True(n.Row % 2 == 0 && n.Row % 3 != 0));
        Assert.Equal(Count, graph.Count);
        Assert.Equal(absent.Distinct().Order(), Enumerable.Range(0, Count).Where(row => !graph.HasVector(row)));
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void Search_WithAllRowsAbsent_FindsNothing(IndexKind kind, Metric metric)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(70, 5, seed: 12);
        using VectorIndex graph = IndexBuilder.Build(matrix, metric, new IndexOptions { Kind = kind, AbsentRows = Enumerable.Range(0, 70).ToArray() });

        Assert.Empty(GraphAssert.Search(graph, new float[5], 10));
        GraphAssert.SameTogether(graph, new SearchRequest[] { new(new float[5], new Neighbor[3]), new(new float[5], new Neighbor[4]) });
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void Score_OfFoundRows_HasTheBitsOfTheSearchAndIsNearTheTruth(IndexKind kind, Metric metric)
    {
        foreach (int dimension in (int[])[8, 100])
        {
            GraphWorld world = GraphWorld.Of(GraphShape.SkewedNorms, metric, dimension, 2_000);
            VectorIndex graph = world.Graph(kind);
            foreach (float[] query in world.Queries)
            {
                Neighbor[] found = GraphAssert.Search(graph, query, 20);
                var scores = new float[found.Length];
                graph.Score(query, [.. found.Select(static n => n.Row)], scores);

                Assert.Equal(found.Select(static n => BitConverter.SingleToInt32Bits(n.Score)), scores.Select(BitConverter.SingleToInt32Bits));
                foreach (Neighbor neighbor in found)
                {
                    float queryNorm = Norm(query), rowNorm = Norm(world.Matrix.Row(neighbor.Row));
                    // What the error of a score is a share of.
                    float size = metric switch { Metric.Cosine => 1, Metric.L2 => (queryNorm + rowNorm) * (queryNorm + rowNorm), _ => queryNorm * rowNorm };
                    Assert.Equal(world.Flat.Score(query, neighbor.Row), neighbor.Score, size * (kind == IndexKind.Fast ? 1e-4f : 2e-3f));
                }
            }
        }
    }

    [Theory]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    public void Search_ForARowItself_GivesACosineOfAtMostOneAndADistanceOfAtLeastZero(IndexKind kind)
    {
        foreach (Metric metric in (Metric[])[Metric.Cosine, Metric.L2])
        {
            using VectorMatrix matrix = SeededVectors.Matrix(600, 40, seed: 13);
            using VectorIndex graph = Build(matrix, metric, kind);
            for (int row = 0; row < matrix.Count; row++)
            {
                float[] opposite = [.. matrix.Row(row).ToArray().Select(static x => -x)];
                Assert.InRange(GraphAssert.Search(graph, matrix.Row(row).ToArray(), 1)[0].Score, metric == Metric.Cosine ? 0.999f : -0.01f, metric == Metric.Cosine ? 1 : 0);
                Assert.InRange(graph.Score(matrix.Row(row), row), metric == Metric.Cosine ? 0.999f : -0.01f, metric == Metric.Cosine ? 1 : 0);
                if (metric == Metric.Cosine)
                    Assert.InRange(graph.Score(opposite, row), -1, -0.999f);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void Search_ForZero_ScoresZeroForProducts(IndexKind kind, Metric metric)
    {
        GraphWorld world = GraphWorld.Of(GraphShape.SkewedNorms, metric, 8, 2_000);
        Neighbor[] found = GraphAssert.Search(world.Graph(kind), new float[8], 30);

        Assert.Equal(30, found.Length);
        GraphAssert.Wellformed(found);
        if (metric != Metric.L2)
            Assert.All(found, static n => Assert.Equal(0, BitConverter.SingleToInt32Bits(n.Score)));
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void CopyVector_OfAnyRow_ComesNearToIt(IndexKind kind, Metric metric)
    {
        foreach (int dimension in (int[])[1, 48, 600])
        {
            using VectorMatrix matrix = SeededVectors.Matrix(20, dimension, seed: 14);
            using VectorIndex graph = Build(matrix, metric, kind);
            var vector = new float[dimension];
            for (int row = 0; row < matrix.Count; row++)
            {
                float length = metric == Metric.Cosine ? Norm(matrix.Row(row)) : 1;
                graph.CopyVector(row, vector);
                for (int i = 0; i < dimension; i++)
                    Assert.Equal(matrix.Row(row)[i] / length, vector[i], kind == IndexKind.Fast ? 1e-3f : 1e-2f);
            }
        }
    }

    /// <summary>2,000 rows of 24 dimensions, one of a hundred huge and one tiny.</summary>
    private static VectorMatrix RowsOfLengths(float huge, float tiny)
    {
        var random = new Random(5);
        return VectorMatrix.Create(2000, 24, (row, vector) =>
        {
            float length = row % 100 == 0 ? huge : row % 100 == 1 ? tiny : 1;
            foreach (ref float element in vector)
                element = length * (random.NextSingle() * 2 - 1);
        });
    }

    private static VectorIndex Build(VectorMatrix matrix, Metric metric, IndexKind kind) => IndexBuilder.Build(matrix, metric, new IndexOptions { Kind = kind, TargetRecall = 0 });

    private static float Norm(ReadOnlySpan<float> vector) => System.Numerics.Tensors.TensorPrimitives.Norm(vector);
}
