using Inference.Vectors.Live;
using Inference.Vectors.Search;

namespace Inference.Vectors.Graph.Build;

/// <summary>The changes of a merge as a graph needs them: which nodes stay, which go, which come. A replaced row goes and comes.</summary>
internal sealed class GraphChanges
{
    /// <summary>Added rows that are turned by one thread at a time.</summary>
    private const int Piece = 256;

    private readonly IndexChanges _changes;
    private readonly RowBits _isKept, _isRemoved;

    /// <param name="current">The index that changes.</param>
    /// <param name="changes">How.</param>
    public GraphChanges(VectorIndex current, IndexChanges changes)
    {
        _changes = changes;
        _isRemoved = new RowBits(current.Count);
        foreach (int row in changes.Removed)
            _isRemoved.Add(row);
        _isKept = new RowBits(current.Count);
        var kept = new List<int>(current.Count);
        for (int row = 0; row < current.Count; row++)
        {
            if (!current.HasVector(row) || _isRemoved.Contains(row))
                continue;
            kept.Add(row);
            _isKept.Add(row);
        }
        Kept = [.. kept];
        Added = changes.Added.ToArray();
        Absent = Kept.Length + Added.Length == RowCount ? null : changes.AbsentAfter(current);
    }

    /// <summary>Row numbers of the next index.</summary>
    public int RowCount => _changes.RowCount;

    /// <summary>Ascending: rows whose vectors stay.</summary>
    public int[] Kept { get; }

    /// <summary>Ascending: rows that get a vector.</summary>
    public int[] Added { get; }

    /// <summary>Rows of the next index without a vector; null for none.</summary>
    public RowBits? Absent { get; }

    /// <summary>Whether a row keeps its vector; false for numbers of no row.</summary>
    public bool Keeps(int row) => _isKept.Contains(row);

    /// <summary>Whether a row's vector goes, because it is deleted or replaced.</summary>
    public bool Removes(int row) => _isRemoved.Contains(row);

    /// <summary>The space of the next index: the current one, whose codes are kept; around the new vectors where no row is.</summary>
    public GraphSpace SpaceAfter(GraphSpace current) => Kept.Length == 0 ? current.Around(_changes) : current;

    /// <summary>Brings the added vectors into a space.</summary>
    /// <param name="space">The space.</param>
    /// <param name="parallel">Threads and cancellation.</param>
    /// <param name="take">Called with a row and its padded vector, which is overwritten afterwards; by several threads.</param>
    public void TurnAdded(GraphSpace space, ParallelOptions parallel, Action<int, float[]> take) =>
        Parallel.For(0, (Added.Length + Piece - 1) / Piece, parallel, piece =>
        {
            var turned = new float[space.Length];
            var scratch = new float[space.Dimension];
            int end = Math.Min(Added.Length, (piece + 1) * Piece);
            for (int i = piece * Piece; i < end; i++)
            {
                space.Turn(_changes.Vector(i), scratch, turned);
                take(Added[i], turned);
            }
        });
}
