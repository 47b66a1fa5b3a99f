using System.Collections.Concurrent;
using Inference.Vectors;

namespace UnitTests.Vectors.Graph;

/// <summary>What vectors look like.</summary>
public enum GraphShape
{
    /// <summary>No structure: the hardest for a graph at many dimensions.</summary>
    Uniform,

    /// <summary>Around 60 centres, a tenth of the rows almost or wholly copies of others.</summary>
    Clustered,

    /// <summary>Around centres, with lengths over two decades.</summary>
    SkewedNorms,
}

/// <summary>Rows, the exact index over them, queries like the rows, and the graphs. Made once and shared by all tests, which change nothing.</summary>
internal sealed class GraphWorld
{
    private static readonly ConcurrentDictionary<(GraphShape, Metric, int, int), Lazy<GraphWorld>> _worlds = new();

    private readonly ConcurrentDictionary<IndexKind, Lazy<VectorIndex>> _graphs = new();
    private readonly float[] _centres;
    private readonly GraphShape _shape;

    private GraphWorld(GraphShape shape, Metric metric, int dimension, int count)
    {
        var random = new Random(HashCode(shape, metric, dimension));
        _shape = shape;
        Metric = metric;
        Dimension = dimension;
        _centres = [.. Enumerable.Range(0, 60 * dimension).Select(_ => Gaussian(random))];
        var rows = new float[count * dimension];
        for (int row = 0; row < count; row++)
        {
            Span<float> vector = rows.AsSpan(row * dimension, dimension);
            Draw(random, vector);
            if (shape == GraphShape.Clustered && row > 0 && random.Next(10) == 0)
            {
                rows.AsSpan(random.Next(row) * dimension, dimension).CopyTo(vector);
                if (random.Next(2) == 0)
                    vector[0] += 1e-4f;
            }
        }
        Matrix = VectorMatrix.Create(rows, dimension);
        Flat = new ExactIndex(Matrix, metric);
        Queries = [.. Enumerable.Range(0, 40).Select(_ =>
        {
            var query = new float[dimension];
            Draw(random, query);
            return query;
        })];
    }

    public Metric Metric { get; }

    public int Dimension { get; }

    public int Count => Matrix.Count;

    public VectorMatrix Matrix { get; }

    public ExactIndex Flat { get; }

    public float[][] Queries { get; }

    public static GraphWorld Of(GraphShape shape, Metric metric, int dimension, int count) =>
        _worlds.GetOrAdd((shape, metric, dimension, count), static key => new(() => new GraphWorld(key.Item1, key.Item2, key.Item3, key.Item4))).Value;

    /// <summary>A graph that nobody tuned.</summary>
    public VectorIndex Graph(IndexKind kind) =>
        _graphs.GetOrAdd(kind, kind => new(() => IndexBuilder.Build(Matrix, Metric, new IndexOptions { Kind = kind, TargetRecall = 0 }))).Value;

    /// <summary>
    /// Share of the true best rows that are found, over all queries or some; a row counts if its true score is that of one of them, or for the codes of the compact layout
    /// cannot be told from it. Checks what holds of any results.
    /// </summary>
    public double Recall(VectorIndex index, int wanted, RowFilter filter = default, Func<int, bool>? isEligible = null, int width = 0, float[][]? queries = null)
    {
        int hits = 0, possible = 0;
        var truth = new Neighbor[wanted];
        var results = new Neighbor[wanted];
        foreach (float[] query in queries ?? Queries)
        {
            int expected = Flat.Search(query, truth, filter), found = index.Search(query, results, filter, width);
            Xunit.Assert.Equal(expected, found);
            GraphAssert.Wellformed(results.AsSpan(0, found), isEligible);
            possible += expected;
            float bound = expected == 0 ? 0 : truth[expected - 1].Score - (index.Kind == IndexKind.Compact ? 2e-3f : 1e-5f) * Math.Abs(truth[expected - 1].Score);
            foreach (Neighbor neighbor in results.AsSpan(0, found))
                hits += Flat.Score(query, neighbor.Row) >= bound ? 1 : 0;
        }
        return possible == 0 ? 1 : (double)hits / possible;
    }

    private static int HashCode(GraphShape shape, Metric metric, int dimension) => (int)shape * 100_003 + (int)metric * 1_009 + dimension;

    private static float Gaussian(Random random) => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));

    private void Draw(Random random, Span<float> vector)
    {
        int centre = random.Next(60) * Dimension;
        float length = _shape == GraphShape.SkewedNorms ? MathF.Pow(10, -2 * random.NextSingle()) : 1;
        for (int i = 0; i < vector.Length; i++)
            vector[i] = _shape == GraphShape.Uniform ? random.NextSingle() * 2 - 1 : length * (_centres[centre + i] + 0.5f * Gaussian(random));
    }
}
