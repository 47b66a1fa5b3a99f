using System.Numerics.Tensors;
using Inference.Vectors.Files;
using Inference.Vectors.Live;
using Inference.Vectors.Search;

namespace Inference.Vectors;

/// <summary>Finds the best rows for a query: what every kind of index has in common.</summary>
/// <remarks>Frozen: rows never change; a <see cref="LiveIndex"/> changes by replacing its index. Safe for concurrent callers. A search allocates nothing once its scratch is warm.</remarks>
public abstract class VectorIndex : ISearchable, IDisposable
{
    /// <summary>The width of a search in which a graph scores every eligible row. No caller's: widths of theirs are not negative.</summary>
    internal const int Whole = -1;

    private protected VectorIndex(int count, int dimension, Metric metric)
    {
        if (metric is not (Metric.InnerProduct or Metric.Cosine or Metric.L2))
            throw new ArgumentOutOfRangeException(nameof(metric), metric, "The metrics are inner product, cosine and L2.");
        Count = count;
        Dimension = dimension;
        Metric = metric;
    }

    /// <summary>Rows.</summary>
    public int Count { get; }

    /// <summary>Elements of a row and of a query.</summary>
    public int Dimension { get; }

    /// <summary>How vectors are compared.</summary>
    public Metric Metric { get; }

    /// <summary>How the best rows are found.</summary>
    public abstract IndexKind Kind { get; }

    /// <summary>Bytes of memory that the index itself takes, without those of its searches.</summary>
    public abstract long Bytes { get; }

    /// <summary>What was measured when the index was tuned; null where nobody did.</summary>
    public IndexTuning? Tuning { get; internal set; }

    /// <summary>Writes the best eligible rows, best first; equal scores by ascending row.</summary>
    /// <param name="query"><see cref="Dimension"/> finite elements.</param>
    /// <param name="results">As many as are wanted; may be longer than the index. What lies behind the returned count is left alone.</param>
    /// <param name="filter">Which rows are eligible.</param>
    /// <param name="width">How many candidates a graph keeps: more find more and cost more. 0 is the width that the index was tuned to. Exact kinds ignore it.</param>
    /// <returns>How many were written: at most the length of <paramref name="results"/> and at most the eligible rows; exact kinds write the smaller of the two.</returns>
    /// <exception cref="ArgumentException">The query has the wrong length or holds NaN or infinity, or a set of the filter is over another number of rows.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The width is negative.</exception>
    /// <exception cref="ObjectDisposedException">The index is disposed.</exception>
    public int Search(ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter = default, int width = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(width);
        ThrowIfUnfit(query);
        ThrowIfUnfit(filter);
        return results.IsEmpty ? 0 : SearchOne(query, results, filter, width);
    }

    /// <summary>Does several searches together, which costs less than one after the other. Each finds what <see cref="Search(ReadOnlySpan{float}, Span{Neighbor}, RowFilter, int)"/> would.</summary>
    /// <param name="requests">Queries and places for their results. <see cref="SearchRequest.Found"/> is set.</param>
    /// <param name="width">As in the search of one.</param>
    /// <inheritdoc cref="Search(ReadOnlySpan{float}, Span{Neighbor}, RowFilter, int)" path="/exception"/>
    public void Search(Span<SearchRequest> requests, int width = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(width);
        foreach (ref SearchRequest request in requests)
        {
            ThrowIfUnfit(request.Query.Span);
            ThrowIfUnfit(request.Filter);
        }
        SearchMany(requests, width);
    }

    /// <summary>The score of one row.</summary>
    /// <inheritdoc cref="Score(ReadOnlySpan{float}, ReadOnlySpan{int}, Span{float})" path="/exception"/>
    public float Score(ReadOnlySpan<float> query, int row)
    {
        float score = 0;
        Score(query, new ReadOnlySpan<int>(in row), new Span<float>(ref score));
        return score;
    }

    /// <summary>The scores of some rows, in their order, with the bits that a search gives them; rows may repeat.</summary>
    /// <param name="query"><see cref="Dimension"/> finite elements.</param>
    /// <param name="rows">Row numbers.</param>
    /// <param name="scores">At least as many as <paramref name="rows"/>.</param>
    /// <exception cref="ArgumentException">The query has the wrong length or holds NaN or infinity, or there are fewer places than rows.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    /// <exception cref="ObjectDisposedException">The index is disposed.</exception>
    public void Score(ReadOnlySpan<float> query, ReadOnlySpan<int> rows, Span<float> scores)
    {
        ThrowIfUnfit(query);
        if (scores.Length < rows.Length)
            throw new ArgumentException($"{scores.Length} places for the scores of {rows.Length} rows.", nameof(scores));
        foreach (int row in rows)
        {
            if ((uint)row >= (uint)Count)
                throw new ArgumentOutOfRangeException(nameof(rows), row, $"The index has {Count} rows.");
        }
        ScoreRows(query, rows, scores);
    }

    /// <summary>The vector of a row: as it was given, or as near to that as the codes of the index are (cosine may return it at length 1).</summary>
    /// <param name="row">0 to Count - 1.</param>
    /// <param name="vector">At least <see cref="Dimension"/> elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    /// <exception cref="ArgumentException">Too few elements.</exception>
    /// <exception cref="ObjectDisposedException">The index is disposed.</exception>
    public void CopyVector(int row, Span<float> vector)
    {
        if ((uint)row >= (uint)Count)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"The index has {Count} rows.");
        if (vector.Length < Dimension)
            throw new ArgumentException($"{vector.Length} places for a vector of {Dimension} dimensions.", nameof(vector));
        ReadVector(row, vector[..Dimension]);
    }

    /// <summary>Loads an index that was saved, in time independent of how long it took to build.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Mapped or copied, checked or not.</param>
    /// <exception cref="InvalidDataException">It is no index file, of a newer format, cut, or damaged; the message names the file, what was expected and what was found.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static VectorIndex Load(string path, IndexLoadOptions options = default)
    {
        using IndexFile file = IndexFile.Open(path, options);
        VectorIndex index = file.Kind switch
        {
            IndexKind.Flat => ExactIndex.Read(file),
            IndexKind.Exact => ScanIndex.Read(file),
            IndexKind.Fast or IndexKind.Compact => IndexBuilder.ReadGraph(file),
            _ => throw file.Invalid($"This program reads no index of kind {file.Kind}."),
        };
        index.Tuning = IndexTuning.Read(file);
        return index;
    }

    /// <summary>Writes the index to a file, which is replaced whole: whoever loads it sees the old one or the new one.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The index is disposed.</exception>
    public void Save(string path)
    {
        using var writer = new IndexFileWriter(path, Kind, Metric, Dimension, Count);
        Tuning?.WriteTo(writer);
        WriteTo(writer);
        writer.Complete();
    }

    /// <summary>Lets go of the memory once running searches have ended.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Rows of which the index knows the number and no vector: no search returns them. Null where every row has one.</summary>
    internal virtual RowBits? Absent => null;

    /// <summary>Whether a row has a vector.</summary>
    internal bool HasVector(int row) => (uint)row < (uint)Count && Absent?.Contains(row) != true;

    /// <summary>Searches with a filter whose sets may be over any number of rows; see <see cref="EligibleRows"/>.</summary>
    internal int SearchLive(ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter, int width) => SearchOne(query, results, filter, width);

    /// <summary>Does several searches together, each as <see cref="SearchLive(ReadOnlySpan{float}, Span{Neighbor}, RowFilter, int)"/>.</summary>
    internal void SearchLive(Span<SearchRequest> requests, int width) => SearchMany(requests, width);

    /// <summary>Makes the next index: this one with changes. This one stays as it is and may be searched meanwhile.</summary>
    /// <param name="changes">What is different.</param>
    /// <param name="threads">Threads that may work on it, at least 1.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <remarks>
    /// Rows that stay keep their scores, to the bit. A graph keeps its tuning: the latency in it is that of the index that was built. The same index and changes give the same
    /// result, whatever the number of threads.
    /// </remarks>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The index is disposed.</exception>
    internal abstract VectorIndex Merged(IndexChanges changes, int threads, CancellationToken cancellationToken);

    /// <summary>Sets the parameters and adds the sections of a file.</summary>
    private protected abstract void WriteTo(IndexFileWriter writer);

    /// <summary>The query, the results (not empty) and the filter fit the index.</summary>
    private protected abstract int SearchOne(ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter, int width);

    /// <summary>As <see cref="SearchOne"/>; results may be empty. Kinds that gain from it do several at once.</summary>
    private protected virtual void SearchMany(Span<SearchRequest> requests, int width)
    {
        foreach (ref SearchRequest request in requests)
            request.Found = request.Results.IsEmpty ? 0 : SearchOne(request.Query.Span, request.Results.Span, request.Filter, width);
    }

    private protected abstract void ScoreRows(ReadOnlySpan<float> query, ReadOnlySpan<int> rows, Span<float> scores);

    private protected abstract void ReadVector(int row, Span<float> vector);

    /// <summary>May be called more than once.</summary>
    private protected abstract void Dispose(bool disposing);

    void ISearchable.ThrowIfUnfit(ReadOnlySpan<float> query, RowFilter filter)
    {
        ThrowIfUnfit(query);
        ThrowIfUnfit(filter);
    }

    internal void ThrowIfUnfit(ReadOnlySpan<float> query)
    {
        if (query.Length != Dimension)
            throw new ArgumentException($"The query has {query.Length} dimensions, the index {Dimension}.", nameof(query));
        if (TensorPrimitives.IsFiniteAll(query))
            return;
        int position = 0;
        while (float.IsFinite(query[position]))
            position++;
        throw new ArgumentException($"The query holds {FormattableString.Invariant($"{query[position]}")} at position {position}; the index takes finite vectors.", nameof(query));
    }

    private void ThrowIfUnfit(RowFilter filter)
    {
        int rows = filter.Allowed?.RowCount is int allowed && allowed != Count ? allowed : filter.Denied?.RowCount ?? Count;
        if (rows != Count)
            throw new ArgumentException($"A set over {rows} rows cannot filter an index of {Count}.", nameof(filter));
    }
}
