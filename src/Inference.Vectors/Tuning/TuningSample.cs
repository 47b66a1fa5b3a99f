using Inference.Vectors.Search;

namespace Inference.Vectors.Tuning;

/// <summary>Queries on which recall and time are measured.</summary>
internal sealed class TuningSample
{
    /// <summary>Queries at most.</summary>
    private const int Most = 400;

    private readonly float[] _queries;
    private readonly int _dimension;

    private TuningSample(float[] queries, int dimension)
    {
        _queries = queries;
        _dimension = dimension;
    }

    public int Count => _queries.Length / _dimension;

    public ReadOnlySpan<float> this[int i] => _queries.AsSpan(i * _dimension, _dimension);

    /// <summary>Takes the caller's queries, evenly spread; where there are none, points between two random rows, because a row itself is easier to find than what is searched for.</summary>
    /// <exception cref="ArgumentException">The queries are no whole number of vectors, or not finite.</exception>
    public static TuningSample Of(VectorMatrix rows, RowBits? absent, IndexOptions options)
    {
        int dimension = rows.Dimension;
        ReadOnlySpan<float> given = options.SampleQueries.Span;
        if (given.Length % dimension != 0)
            throw new ArgumentException($"{given.Length} elements are no whole number of queries of {dimension} dimensions.", nameof(options));
        if (!given.IsEmpty && !System.Numerics.Tensors.TensorPrimitives.IsFiniteAll(given))
            throw new ArgumentException("A sample query holds NaN or infinity.", nameof(options));
        int count = given.Length / dimension;
        if (count > 0)
        {
            var taken = new float[Math.Min(count, Most) * dimension];
            for (int i = 0; i < taken.Length / dimension; i++)
                given.Slice((int)((long)i * count / (taken.Length / dimension)) * dimension, dimension).CopyTo(taken.AsSpan(i * dimension));
            return new TuningSample(taken, dimension);
        }
        int present = rows.Count - (absent?.Members ?? 0);
        var made = new float[Math.Min(present, Most) * dimension];
        var random = new Random(options.Seed);
        for (int i = 0; i < made.Length / dimension; i++)
        {
            ReadOnlySpan<float> near = rows.Row(Present(rows, absent, random)), far = rows.Row(Present(rows, absent, random));
            for (int j = 0; j < dimension; j++)
                made[i * dimension + j] = 0.8f * near[j] + 0.2f * far[j];
        }
        return new TuningSample(made, dimension);
    }

    private static int Present(VectorMatrix rows, RowBits? absent, Random random)
    {
        int row;
        do
            row = random.Next(rows.Count);
        while (absent?.Contains(row) == true);
        return row;
    }
}
