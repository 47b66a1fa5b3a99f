using Inference.Vectors;

namespace Inference.Training.Clustering;

/// <summary>Points on the unit sphere, and the two passes over them that k-means is made of. All cores; the result does not depend on how many there are.</summary>
internal sealed class UnitPoints : IDisposable
{
    /// <summary>Points that one piece of work takes. Fixed, so that sums are made in the same order on every machine; small, so that a piece stays in the cache.</summary>
    private const int Piece = 1024;

    private readonly VectorMatrix _points;
    private readonly ExactIndex _index;
    private readonly int[] _rows;

    private UnitPoints(VectorMatrix points)
    {
        _points = points;
        _index = new ExactIndex(points, Metric.InnerProduct);
        _rows = new int[points.Count];
        for (int row = 0; row < _rows.Length; row++)
            _rows[row] = row;
    }

    public int Count => _points.Count;

    public int Dimension => _points.Dimension;

    private int Pieces => (Count + Piece - 1) / Piece;

    public ReadOnlySpan<float> this[int point] => _points.Row(point);

    /// <summary>Brings points to length 1.</summary>
    /// <param name="points">Count × <paramref name="dimension"/>, row-major; finite. Copied. A zero vector stays zero and is like no other.</param>
    /// <param name="dimension">Components per point.</param>
    public static UnitPoints Of(ReadOnlySpan<float> points, int dimension)
    {
        float[] unit = points.ToArray();
        for (int start = 0; start + dimension <= unit.Length; start += dimension)
            Normalise(unit.AsSpan(start, dimension));
        return new UnitPoints(VectorMatrix.Create(unit, dimension));
    }

    /// <summary>The points with these numbers, in this order.</summary>
    public UnitPoints Pick(int[] points) => new(VectorMatrix.Create(points.Length, Dimension, (row, vector) => this[points[row]].CopyTo(vector)));

    public void Dispose()
    {
        _index.Dispose();
        _points.Dispose();
    }

    /// <summary>Finds the nearest centroid of each point.</summary>
    /// <param name="centroids">Centroids × dimension, unit vectors.</param>
    /// <param name="nearest">Receives the centroid of each point; equal ones go to the smaller number.</param>
    /// <param name="cosines">Receives the cosine with it.</param>
    public void Assign(ReadOnlyMemory<float> centroids, int[] nearest, float[] cosines)
    {
        int count = centroids.Length / Dimension;
        Parallel.For(0, Pieces, piece =>
        {
            int first = piece * Piece;
            ReadOnlySpan<int> rows = _rows.AsSpan(first, Math.Min(Piece, Count - first));
            Span<float> scores = stackalloc float[Piece];
            Span<float> best = cosines.AsSpan(first, rows.Length);
            best.Fill(float.NegativeInfinity);
            for (int centroid = 0; centroid < count; centroid++)
            {
                _index.Score(centroids.Span.Slice(centroid * Dimension, Dimension), rows, scores);
                for (int i = 0; i < rows.Length; i++)
                {
                    if (scores[i] > best[i])
                    {
                        best[i] = scores[i];
                        nearest[first + i] = centroid;
                    }
                }
            }
        });
    }

    /// <summary>The mean directions of clusters; a cluster without points, or whose points cancel out, keeps its centroid.</summary>
    /// <param name="assignment">Cluster of each point.</param>
    /// <param name="centroids">Clusters × dimension; receives unit vectors.</param>
    /// <param name="sizes">Receives the points of each cluster.</param>
    public void Average(int[] assignment, Span<float> centroids, Span<int> sizes)
    {
        int clusters = sizes.Length;
        double[] total = new double[clusters * Dimension];
        sizes.Clear();
        // Pieces are added up in waves of a few, in order: memory stays bounded and the order of the additions fixed.
        const int Wave = 16;
        double[][] sums = new double[Wave][];
        for (int first = 0; first < Pieces; first += Wave)
        {
            int until = Math.Min(Pieces, first + Wave);
            int begin = first;
            Parallel.For(first, until, piece => sums[piece - begin] = SumPiece(piece, assignment, clusters));
            for (int piece = first; piece < until; piece++)
            {
                for (int i = 0; i < total.Length; i++)
                    total[i] += sums[piece - first][i];
            }
        }

        for (int point = 0; point < Count; point++)
            sizes[assignment[point]]++;
        for (int cluster = 0; cluster < clusters; cluster++)
        {
            ReadOnlySpan<double> sum = total.AsSpan(cluster * Dimension, Dimension);
            double square = 0;
            foreach (double component in sum)
                square += component * component;
            if (square < 1e-12)
                continue;
            double inverse = 1 / Math.Sqrt(square);
            for (int i = 0; i < Dimension; i++)
                centroids[cluster * Dimension + i] = (float)(sum[i] * inverse);
        }
    }

    private double[] SumPiece(int piece, int[] assignment, int clusters)
    {
        double[] sum = new double[clusters * Dimension];
        for (int point = piece * Piece; point < Math.Min(Count, (piece + 1) * Piece); point++)
        {
            Span<double> row = sum.AsSpan(assignment[point] * Dimension, Dimension);
            ReadOnlySpan<float> vector = this[point];
            for (int i = 0; i < row.Length; i++)
                row[i] += vector[i];
        }

        return sum;
    }

    private static void Normalise(Span<float> vector)
    {
        double square = 0;
        foreach (float component in vector)
            square += (double)component * component;
        if (square < 1e-30)
        {
            vector.Clear();
            return;
        }

        double inverse = 1 / Math.Sqrt(square);
        for (int i = 0; i < vector.Length; i++)
            vector[i] = (float)(vector[i] * inverse);
    }
}
