using Inference.Vectors;
using Inference.Vectors.Files;
using Inference.Vectors.Live;
using Inference.Vectors.Search;

namespace UnitTests.Vectors.Live;

/// <summary>An exact index that calls the test when it has searched: between the search of the index and that of the changes.</summary>
internal sealed class HookedIndex(ExactIndex inner) : VectorIndex(inner.Count, inner.Dimension, inner.Metric)
{
    /// <summary>Called after each search.</summary>
    public Action? Searched { get; set; }

    public bool IsDisposed { get; private set; }

    public override IndexKind Kind => inner.Kind;

    public override long Bytes => inner.Bytes;

    internal override RowBits? Absent => inner.Absent;

    internal override VectorIndex Merged(IndexChanges changes, int threads, CancellationToken cancellationToken) => inner.Merged(changes, threads, cancellationToken);

    private protected override void WriteTo(IndexFileWriter writer) => throw new NotSupportedException();

    private protected override int SearchOne(ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter, int width)
    {
        int found = inner.SearchLive(query, results, filter, width);
        Searched?.Invoke();
        return found;
    }

    private protected override void ScoreRows(ReadOnlySpan<float> query, ReadOnlySpan<int> rows, Span<float> scores) => inner.Score(query, rows, scores);

    private protected override void ReadVector(int row, Span<float> vector) => inner.CopyVector(row, vector);

    private protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        inner.Dispose();
    }
}
