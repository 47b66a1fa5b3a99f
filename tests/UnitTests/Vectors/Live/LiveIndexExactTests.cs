using Inference.Vectors;
using UnitTests.Vectors.Graph;
using Xunit;

namespace UnitTests.Vectors.Live;

/// <summary>Searches that miss nothing, and what changed since a moment.</summary>
public sealed class LiveIndexExactTests
{
    private const int Rows = 2_000, Dimension = 8;

    [Theory]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    [InlineData(IndexKind.Exact)]
    public void SearchExact_OfAnIndexWithBrokenLinks_FindsTheBestByWhatItHolds(IndexKind kind)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(Rows, Dimension, seed: 5);
        using VectorIndex built = IndexBuilder.Build(matrix, Metric.InnerProduct, new IndexOptions { Kind = kind, Threads = 1 });
        using var live = new LiveIndex(kind == IndexKind.Exact ? IndexBuilder.Build(matrix, Metric.InnerProduct, new IndexOptions { Kind = kind }) : DamagedIndex.BrokenLinks(built));
        live.Upsert(Rows + 3, SeededVectors.Uniform(Dimension, 9));
        live.Delete(17);
        int[] rows = [.. Enumerable.Range(0, Rows + 4)];
        var scores = new float[rows.Length];
        var found = new Neighbor[20];

        for (int i = 0; i < 20; i++)
        {
            float[] query = SeededVectors.Uniform(Dimension, 100 + i);
            int count = live.SearchExact(query, found);

            live.Score(query, rows, scores);
            float[] best = [.. scores.Where(score => !float.IsNaN(score)).OrderDescending().Take(20)];
            Assert.Equal(20, count);
            // The compact layout leads by 8 bits and settles by 12, so what is best by 8 may lack one at the end.
            Assert.InRange(found.Count(neighbor => neighbor.Score >= best[^1]), kind == IndexKind.Compact ? 19 : 20, 20);
        }
    }

    [Fact]
    public void AddChanged_SinceAMoment_NamesRowsThatCameWentOrMoved()
    {
        using var live = new LiveIndex(new ExactIndex(SeededVectors.Matrix(100, 4, seed: 1), Metric.InnerProduct));
        live.Upsert(3, new float[] { 1, 2, 3, 4 });
        IndexMoment moment = live.Now;
        long count = live.ChangeCount;

        live.Upsert(5, new float[] { 1, 2, 3, 4 });
        live.Delete(7);
        live.Upsert(120, new float[] { 1, 2, 3, 4 });
        using RowSet before = RowSet.Rent(110);
        Assert.True(live.AddChanged(moment, before));
        live.Merge();
        for (int i = 0; i < 3_000; i++)
            live.Upsert(20 + (i % 3), new float[] { i, 2, 3, 4 });
        live.Merge();
        using RowSet after = RowSet.Rent(130);
        live.AddChanged(moment, after);

        Assert.Equal([5, 7], Members(before));
        Assert.Equal([5, 7, 20, 21, 22, 120], Members(after));
        Assert.Equal(count + 3_003, live.ChangeCount);
    }

    [Fact]
    public void Copy_OfASet_IsASetOfItsOwn()
    {
        using RowSet rows = RowSet.Rent(130);
        rows.AddRange([1, 64, 129]);

        using RowSet copy = rows.Copy();
        rows.Remove(64);

        Assert.Equal([1, 64, 129], Members(copy));
        Assert.Equal((3, 2, 130), (copy.Count, rows.Count, copy.RowCount));
    }

    private static int[] Members(RowSet rows) => [.. Enumerable.Range(0, rows.RowCount).Where(rows.Contains)];
}
