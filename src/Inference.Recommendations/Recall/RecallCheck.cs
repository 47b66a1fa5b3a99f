using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;

namespace Inference.Recommendations.Recall;

/// <summary>Answers a search a second time by scoring every eligible row, and counts how many of the best the first answer had.</summary>
/// <remarks>
/// <list type="number">
/// <item>Every eligible row is scored: by its fp32 embedding where the bundle's are at hand and the item is still the bundle's, otherwise by what the index holds of it.</item>
/// <item>Rows that changed between the search and the end of the check play no part on either side: the best unchanged rows are the same at both moments, so a change is never a loss.</item>
/// <item>With c changed rows among the k that were found, the best k − c unchanged rows are the truth; an item counts as found if its score is at least that of the last of them, so equal scores are equally right.</item>
/// <item>Where something was missed, the rows that a scan by what the index holds finds are counted likewise: what it misses is lost in the codes, what the search misses beyond it, in the search.</item>
/// </list>
/// One check at a time. Looks between pieces of rows whether it is given up.
/// </remarks>
internal sealed class RecallCheck(RecallTruth truth)
{
    private const int PieceRows = 1024;

    /// <summary>Pieces with so few eligible rows are read row by row.</summary>
    private const int FewRows = 16;

    private readonly int[] _rows = new int[PieceRows];
    private readonly float[] _scores = new float[PieceRows];
    private readonly int[] _others = new int[PieceRows];
    private readonly float[] _otherScores = new float[PieceRows];
    private float[] _vectors = [];
    private ulong[] _best = [];
    private Neighbor[] _found = [];

    /// <summary>Whether the last check was against the bundle's embeddings.</summary>
    public bool IsAgainstEmbeddings { get; private set; }

    /// <summary>Checks a search.</summary>
    /// <param name="sample">The search; the caller's to dispose.</param>
    /// <param name="now">The timestamp of the measure.</param>
    /// <param name="isGivenUp">Asked now and then.</param>
    /// <returns>Null where it was given up, or nothing that is left of the search can be judged.</returns>
    public RecallMeasure? Run(RecallSample sample, long now, Func<bool> isGivenUp)
    {
        LiveIndex index = sample.Snapshot.Index;
        int rowCount = index.RowCount;
        using RowSet changed = RowSet.Rent(rowCount);
        // A scan answered the request: the index is asked now, and has its own moment.
        IndexMoment moment = sample.IsScan ? index.Now : sample.Moment;
        ReadOnlySpan<int> found = sample.IsScan ? Search(index, sample, exact: false) : sample.Rows;
        bool isEdited = index.AddChanged(moment, changed);
        using Truth rows = Open(sample, rowCount);

        if (_best.Length < sample.Wanted)
            _best = new ulong[sample.Wanted];
        var best = new BestRows(_best.AsSpan(0, sample.Wanted));
        int eligible = 0;
        for (int first = 0; first < rowCount;)
        {
            if (isGivenUp())
                return null;
            int count = NextPiece(sample.Filter, changed, isEdited, ref first, rowCount);
            rows.Score(_rows.AsSpan(0, count), _scores);
            for (int i = 0; i < count; i++)
            {
                // NaN: it has gone, or was never there.
                if (float.IsNaN(_scores[i]))
                    continue;
                eligible++;
                if (_scores[i] >= best.Threshold)
                    best.Offer(_rows[i], _scores[i]);
            }
        }

        IsAgainstEmbeddings = rows.IsAgainstEmbeddings;
        index.AddChanged(moment, changed);
        return Judge(sample, found, best.Sorted(), changed, rows, FilterClasses.Of(eligible, index.Count, sample.Filter.Allowed is not null), now);
    }

    private RecallMeasure? Judge(
        RecallSample sample, ReadOnlySpan<int> found, ReadOnlySpan<ulong> best, RowSet changed, Truth rows, FilterClass filter, long now)
    {
        int missing = 0;
        foreach (int row in found)
            missing += changed.Contains(row) ? 1 : 0;
        int left = 0;
        float last = float.NaN;
        foreach (ulong key in best)
        {
            if (left == sample.Wanted - missing)
                break;
            // Read from the file, a row may be one that was deleted just before the search.
            if (changed.Contains(BestRows.RowOf(key)) || !rows.IsThere(BestRows.RowOf(key)))
                continue;
            left++;
            last = BestRows.ScoreOf(key);
        }

        if (left == 0)
            return null;
        int hits = Hits(found, changed, rows, last, left);
        // Where the search found all of them, the codes have lost none.
        int scanHits = rows.IsAgainstEmbeddings && hits < left ? Hits(Search(sample.Snapshot.Index, sample, exact: true), changed, rows, last, left) : left;
        return new RecallMeasure(now, filter, left, hits, scanHits);
    }

    private static int Hits(ReadOnlySpan<int> found, RowSet changed, Truth rows, float last, int most)
    {
        int hits = 0;
        foreach (int row in found)
        {
            if (!changed.Contains(row) && rows.Score(row) >= last)
                hits++;
        }

        return Math.Min(hits, most);
    }

    private ReadOnlySpan<int> Search(LiveIndex index, RecallSample sample, bool exact)
    {
        if (_found.Length < sample.Wanted)
            _found = new Neighbor[sample.Wanted];
        Span<Neighbor> places = _found.AsSpan(0, sample.Wanted);
        int count = exact ? index.SearchExact(sample.Query, places, sample.Filter) : index.Search(sample.Query, places, sample.Filter);
        var rows = new int[count];
        for (int i = 0; i < count; i++)
            rows[i] = places[i].Row;
        return rows;
    }

    /// <summary>Writes the next eligible rows, ascending and of one stretch of rows, and goes behind them.</summary>
    private int NextPiece(RowFilter filter, RowSet changed, bool isEdited, ref int first, int rowCount)
    {
        int count = 0, row = first, end = Math.Min(rowCount, first + PieceRows);
        while (true)
        {
            if (filter.Allowed is { } allowed)
            {
                int next = allowed.NextFrom(row);
                row = next < 0 ? rowCount : next;
                // The first one may lie far behind.
                if (count == 0)
                    end = Math.Min(rowCount, row - (row % PieceRows) + PieceRows);
            }

            if (row >= end)
                break;
            if (filter.Denied?.Contains(row) != true && !(isEdited && changed.Contains(row)))
                _rows[count++] = row;
            row++;
        }

        first = Math.Max(row, end);
        return count;
    }

    private Truth Open(RecallSample sample, int rowCount)
    {
        Snapshot snapshot = sample.Snapshot;
        VectorFile? file = truth == RecallTruth.Embeddings ? snapshot.Originals : null;
        if (file is not null && (file.Count == 0 || !file.TryRead(0, Vectors(1, file.Dimension))))
            file = null;
        return new Truth(this, snapshot.Index, sample.Query, file, file is null ? [] : snapshot.Editor.MovedRows, rowCount);
    }

    private Span<float> Vectors(int rows, int dimension)
    {
        if (_vectors.Length < rows * dimension)
            _vectors = new float[rows * dimension];
        return _vectors.AsSpan(0, rows * dimension);
    }

    /// <summary>The true scores of rows for one query.</summary>
    private sealed class Truth : IDisposable
    {
        private readonly RecallCheck _check;
        private readonly LiveIndex _index;
        private readonly float[] _query;
        private readonly RowSet? _moved;
        private readonly double _queryLength;
        private VectorFile? _file;

        public Truth(RecallCheck check, LiveIndex index, float[] query, VectorFile? file, ReadOnlySpan<int> moved, int rowCount)
        {
            (_check, _index, _query, _file) = (check, index, query, file);
            _queryLength = Math.Sqrt(VectorMath.SquaredNorm(query));
            if (file is null)
                return;
            _moved = RowSet.Rent(rowCount);
            foreach (int row in moved)
                _moved.Add(row);
        }

        public bool IsAgainstEmbeddings => _file is not null;

        /// <summary>Scores rows of one stretch, ascending.</summary>
        public void Score(ReadOnlySpan<int> rows, Span<float> scores)
        {
            if (rows.IsEmpty)
                return;
            if (_file is not { } file)
            {
                _index.Score(_query, rows, scores);
                return;
            }

            Span<int> others = _check._others;
            int otherCount = 0;
            bool isDense = rows.Length > FewRows;
            int first = rows[0], dimension = file.Dimension, known = Math.Min(file.Count, rows[^1] + 1) - first;
            Span<float> vectors = _check.Vectors(Math.Max(1, isDense ? known : 1), dimension);
            if (isDense && known > 0)
                ReadOrThrow(file, first, vectors);
            for (int i = 0; i < rows.Length; i++)
            {
                int row = rows[i];
                if (row >= file.Count || _moved!.Contains(row))
                {
                    others[otherCount++] = row;
                    continue;
                }

                Span<float> vector = isDense ? vectors.Slice((row - first) * dimension, dimension) : vectors;
                if (!isDense)
                    ReadOrThrow(file, row, vector);
                scores[i] = Compare(vector);
            }

            if (otherCount == 0)
                return;
            _index.Score(_query, others[..otherCount], _check._otherScores);
            int place = 0;
            for (int i = 0; i < rows.Length && place < otherCount; i++)
            {
                if (rows[i] == others[place])
                    scores[i] = _check._otherScores[place++];
            }
        }

        public float Score(int row)
        {
            float score = 0;
            Score(new ReadOnlySpan<int>(in row), new Span<float>(ref score));
            return score;
        }

        public bool IsThere(int row) => _file is null || _index.Contains(row);

        public void Dispose() => _moved?.Dispose();

        /// <summary>As the index compares: higher is better.</summary>
        private float Compare(ReadOnlySpan<float> vector)
        {
            switch (_index.Metric)
            {
                case Metric.InnerProduct:
                    return VectorMath.Dot(_query, vector);
                case Metric.L2:
                    return -VectorMath.SquaredL2(_query, vector);
                default:
                    double lengths = _queryLength * Math.Sqrt(VectorMath.SquaredNorm(vector));
                    return lengths > 0 ? (float)(VectorMath.Dot(_query, vector) / lengths) : 0f;
            }
        }

        private static void ReadOrThrow(VectorFile file, int first, Span<float> vectors)
        {
            if (!file.TryRead(first, vectors))
                throw new IOException($"The embeddings of the bundle can no longer be read from row {first} on.");
        }
    }
}
