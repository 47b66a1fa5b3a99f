using Inference.Vectors;
using Inference.Vectors.Live;

namespace UnitTests.Vectors.Graph;

/// <summary>A graph that is merged again and again, beside the rows that it must then have.</summary>
internal sealed class ChangingGraph : IDisposable
{
    public const int Dimension = 24;

    private readonly IndexKind _kind;
    private readonly Metric _metric;

    public ChangingGraph(IndexKind kind, Metric metric, int count, Func<int, float[]> vector)
    {
        (_kind, _metric) = (kind, metric);
        for (int row = 0; row < count; row++)
            Rows[row] = vector(row);
        RowCount = count;
        Index = Fresh();
    }

    public VectorIndex Index { get; private set; }

    public int RowCount { get; private set; }

    public SortedDictionary<int, float[]> Rows { get; } = [];

    /// <summary>A graph built from nothing over the same rows.</summary>
    public VectorIndex Fresh()
    {
        using VectorMatrix matrix = VectorMatrix.Create(RowCount, Dimension, (row, vector) =>
        {
            if (Rows.TryGetValue(row, out float[]? elements))
                elements.CopyTo(vector);
            else
                vector.Clear();
        });
        int[] absent = [.. Enumerable.Range(0, RowCount).Where(row => !Rows.ContainsKey(row))];
        return IndexBuilder.Build(matrix, _metric, new IndexOptions { Kind = _kind, TargetRecall = 0, AbsentRows = absent, Threads = 2 });
    }

    /// <summary>What changes between the rows of now and others.</summary>
    public IndexChanges Changes(IReadOnlyCollection<int> deleted, IReadOnlyDictionary<int, float[]> written, Action? read = null)
    {
        int[] removed = [.. deleted.Concat(written.Keys).Where(Rows.ContainsKey).Distinct().Order()];
        int[] added = [.. written.Keys.Order()];
        return new IndexChanges(Math.Max(RowCount, added.Length == 0 ? 0 : added[^1] + 1), removed, added, i =>
        {
            read?.Invoke();
            return written[added[i]];
        });
    }

    public void Merge(IReadOnlyCollection<int> deleted, IReadOnlyDictionary<int, float[]> written, int threads = 2)
    {
        IndexChanges changes = Changes(deleted, written);
        VectorIndex next = Index.Merged(changes, threads, CancellationToken.None);
        Index.Dispose();
        Index = next;
        foreach (int row in deleted)
            Rows.Remove(row);
        foreach ((int row, float[] vector) in written)
            Rows[row] = vector;
        RowCount = changes.RowCount;
    }

    /// <summary>Deletes, replaces and appends rows, a third of <paramref name="count"/> each.</summary>
    public void Churn(Random random, int count, Func<float[]> vector)
    {
        int[] rows = [.. Rows.Keys];
        random.Shuffle(rows);
        var written = new Dictionary<int, float[]>();
        for (int i = 0; i < count / 3; i++)
        {
            written[rows[i]] = vector();
            written[RowCount + i] = vector();
        }
        Merge(rows[(count / 3)..(2 * (count / 3))], written);
    }

    /// <summary>Share of the true best ten that searches find. Throws where they find a row that is not there, or one twice.</summary>
    public double Recall(VectorIndex index, IEnumerable<float[]> queries, int width)
    {
        int[] numbers = [.. Rows.Keys];
        using VectorMatrix matrix = VectorMatrix.Create(numbers.Length, Dimension, (i, row) => Rows[numbers[i]].CopyTo(row));
        using var exact = new ExactIndex(matrix, _metric);
        Neighbor[] results = new Neighbor[10], truth = new Neighbor[10];
        int found = 0, wanted = 0;
        foreach (float[] query in queries)
        {
            HashSet<int> hits = [.. results[..index.Search(query, results, width: width)].Select(static hit => hit.Row)];
            if (hits.Count != Math.Min(10, Rows.Count) || !hits.All(Rows.ContainsKey))
                throw new InvalidOperationException($"Found rows {string.Join(' ', results)}.");
            int count = exact.Search(query, truth);
            wanted += count;
            foreach (Neighbor best in truth[..count])
                found += hits.Contains(numbers[best.Row]) ? 1 : 0;
        }
        return (double)found / wanted;
    }

    public void Dispose() => Index.Dispose();
}
