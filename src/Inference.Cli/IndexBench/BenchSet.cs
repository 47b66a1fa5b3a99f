using Inference.Cli.Frame;
using Inference.Vectors;

namespace Inference.Cli.IndexBench;

/// <summary>The data of a measurement: the rows that are indexed and the queries, of one dimension.</summary>
internal sealed class BenchSet : IDisposable
{
    private const int MaxSample = 256;

    private readonly float[] _queries;

    private BenchSet(VectorMatrix rows, float[] queries, Metric metric)
    {
        Rows = rows;
        _queries = queries;
        Metric = metric;
        QueryCount = queries.Length / rows.Dimension;
    }

    public VectorMatrix Rows { get; }

    public Metric Metric { get; }

    public int QueryCount { get; }

    /// <summary>How many of the last queries an automatic choice may look at; its measurement then leaves them out. 0 where there are few.</summary>
    public int SampleCount => Math.Min(MaxSample, QueryCount / 10);

    /// <summary>Those queries, one after the other.</summary>
    public ReadOnlyMemory<float> Sample => _queries.AsMemory((QueryCount - SampleCount) * Rows.Dimension);

    /// <summary>One query; an array, because a request of a batch holds its query as memory.</summary>
    public ReadOnlyMemory<float> Query(int query) => _queries.AsMemory(query * Rows.Dimension, Rows.Dimension);

    /// <summary>Reads both files, by their endings: .npy (fp32, fp16, int8 or uint8), .fvecs or .bvecs.</summary>
    /// <param name="queryLimit">Only so many of the queries, the first ones; 0 for all.</param>
    /// <exception cref="CommandFailedException">A file is empty, or the dimensions differ.</exception>
    /// <exception cref="InvalidDataException">A file is damaged or of another type; the message names it.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static BenchSet Read(string rowsFile, string queriesFile, Metric metric, int queryLimit = 0)
    {
        VectorMatrix rows = ReadMatrix(rowsFile);
        try
        {
            using VectorMatrix queries = ReadMatrix(queriesFile);
            if (queries.Dimension != rows.Dimension)
                throw new CommandFailedException($"{queriesFile} has {queries.Dimension} dimensions, {rowsFile} {rows.Dimension}.");
            return Create(rows, queries, metric, queryLimit);
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    /// <summary>Takes over the rows; the queries are copied.</summary>
    public static BenchSet Create(VectorMatrix rows, VectorMatrix queries, Metric metric, int queryLimit = 0)
    {
        int count = queryLimit > 0 ? Math.Min(queryLimit, queries.Count) : queries.Count;
        if ((long)count * rows.Dimension > Array.MaxLength)
            throw new CommandFailedException($"{count} queries of {rows.Dimension} dimensions are too many; --query-limit takes fewer.");
        var elements = new float[count * rows.Dimension];
        for (int query = 0; query < count; query++)
            queries.Row(query).CopyTo(elements.AsSpan(query * rows.Dimension));
        return new BenchSet(rows, elements, metric);
    }

    public void Dispose() => Rows.Dispose();

    private static VectorMatrix ReadMatrix(string path)
    {
        VectorMatrix matrix = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".npy" => NpyFile.ReadMatrix(path),
            ".fvecs" or ".bvecs" => VecsFile.ReadMatrix(path),
            string other => throw new CommandFailedException($"'{path}': vectors are read from .npy, .fvecs and .bvecs files, not from '{other}'."),
        };
        if (matrix.Count > 0)
            return matrix;
        matrix.Dispose();
        throw new CommandFailedException($"{path} has no rows.");
    }
}
