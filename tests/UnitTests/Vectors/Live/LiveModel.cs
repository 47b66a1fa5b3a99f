using Inference.Vectors;
using Inference.Vectors.Live;
using Xunit;

namespace UnitTests.Vectors.Live;

/// <summary>What a live index must hold, and what it must find: an exact index made anew over it.</summary>
internal sealed class LiveModel(int dimension, Metric metric)
{
    public SortedDictionary<int, float[]> Rows { get; } = [];

    public static LiveIndex Live(int count, int dimension, Metric metric, LiveOptions? options = null, IndexKind kind = IndexKind.Flat)
    {
        using VectorMatrix matrix = VectorMatrix.Create(SeededVectors.WholeNumbers(count * dimension, seed: 1), dimension);
        return new LiveIndex(Make(kind, matrix, metric), options);
    }

    public static VectorIndex Make(IndexKind kind, VectorMatrix matrix, Metric metric) => kind == IndexKind.Exact ? new ScanIndex(matrix, metric) : new ExactIndex(matrix, metric);

    public static LiveModel Of(int count, int dimension, Metric metric)
    {
        var model = new LiveModel(dimension, metric);
        float[] vectors = SeededVectors.WholeNumbers(count * dimension, seed: 1);
        for (int row = 0; row < count; row++)
            model.Rows[row] = vectors[(row * dimension)..((row + 1) * dimension)];
        return model;
    }

    public Neighbor[] Search(float[] query, int wanted, Func<int, bool>? isEligible = null)
    {
        int[] rows = [.. Rows.Keys.Where(row => isEligible?.Invoke(row) != false)];
        using VectorMatrix matrix = VectorMatrix.Create(rows.Length, dimension, (i, row) => Rows[rows[i]].CopyTo(row));
        using var index = new ExactIndex(matrix, metric);
        var results = new Neighbor[wanted];
        int found = index.Search(query, results);
        return Array.ConvertAll(results[..found], n => n with { Row = rows[n.Row] });
    }

    public void AssertSame(LiveIndex live, float[] query, int wanted, RowFilter filter = default, Func<int, bool>? isEligible = null)
    {
        var results = new Neighbor[wanted];
        int found = live.Search(query, results, filter);
        Assert.Equal(Search(query, wanted, isEligible), results[..found]);
        Assert.Equal(Rows.Count, live.Count);
    }
}
