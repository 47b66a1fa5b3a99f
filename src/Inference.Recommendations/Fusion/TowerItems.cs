using Inference.Recommendations.Recall;
using Inference.Vectors;

namespace Inference.Recommendations.Fusion;

/// <summary>The item embeddings that user embeddings are held against.</summary>
public abstract class TowerItems
{
    /// <summary>Rows of the bundle.</summary>
    public abstract int RowCount { get; }

    /// <summary>Components per embedding.</summary>
    public abstract int Dimension { get; }

    /// <summary>All rows in fp32, for catalogues that are scored whole.</summary>
    /// <param name="index">Stays the caller's to dispose, after the model.</param>
    public static TowerItems Of(ExactIndex index) => new Whole(index);

    /// <summary>Rows of the index that serves, for catalogues of which candidates are scored.</summary>
    /// <param name="index">Stays the caller's to dispose, after the model.</param>
    /// <param name="rowCount">Rows that the bundle brought.</param>
    public static TowerItems Of(LiveIndex index, int rowCount) => new Served(index, rowCount);

    internal abstract void Score(ReadOnlySpan<float> embedding, RowsToScore rows, Span<float> scores);

    /// <param name="searcher">How the index that serves is searched; null for by itself.</param>
    internal abstract int Search(ReadOnlySpan<float> embedding, Span<Neighbor> found, RowFilter filter, IndexSearcher? searcher);

    private sealed class Whole(ExactIndex index) : TowerItems
    {
        public override int RowCount => index.Count;

        public override int Dimension => index.Dimension;

        internal override void Score(ReadOnlySpan<float> embedding, RowsToScore rows, Span<float> scores)
        {
            if (rows.IsSome)
                index.Score(embedding, rows.Rows, scores);
            else
                index.ScoreAll(embedding, scores);
        }

        internal override int Search(ReadOnlySpan<float> embedding, Span<Neighbor> found, RowFilter filter, IndexSearcher? searcher) => index.Search(embedding, found, filter);
    }

    private sealed class Served(LiveIndex index, int rowCount) : TowerItems
    {
        public override int RowCount => rowCount;

        public override int Dimension => index.Dimension;

        internal override void Score(ReadOnlySpan<float> embedding, RowsToScore rows, Span<float> scores)
        {
            if (rows.IsSome)
            {
                index.Score(embedding, rows.Rows, scores);
            }
            else
            {
                for (int row = 0; row < rowCount; row++)
                    scores[row] = index.Score(embedding, row);
            }

            // Rows that were deleted have no score; nobody is shown them, and they must not spoil the mean.
            float sum = 0;
            int present = 0;
            foreach (float score in scores)
            {
                if (float.IsNaN(score))
                    continue;
                sum += score;
                present++;
            }

            if (present == scores.Length)
                return;
            float mean = present > 0 ? sum / present : 0f;
            foreach (ref float score in scores)
                score = float.IsNaN(score) ? mean : score;
        }

        internal override int Search(ReadOnlySpan<float> embedding, Span<Neighbor> found, RowFilter filter, IndexSearcher? searcher) =>
            searcher is { } served ? served.Search(embedding, found, filter) : index.Search(embedding, found, filter);
    }
}
