using Inference.Vectors;
using Inference.Vectors.Search;
using Xunit;

namespace UnitTests.Vectors.Graph;

public sealed class GraphIndexFileTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"graph-{Guid.NewGuid():N}.vix");

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(IndexKind.Fast, Metric.InnerProduct, 900, 40, false)]
    [InlineData(IndexKind.Fast, Metric.Cosine, 900, 100, true)]
    [InlineData(IndexKind.Fast, Metric.L2, 900, 7, false)]
    [InlineData(IndexKind.Compact, Metric.InnerProduct, 900, 40, true)]
    [InlineData(IndexKind.Compact, Metric.Cosine, 900, 7, false)]
    [InlineData(IndexKind.Compact, Metric.L2, 900, 100, true)]
    [InlineData(IndexKind.Fast, Metric.L2, 0, 3, false)]
    [InlineData(IndexKind.Compact, Metric.L2, 0, 3, true)]
    [InlineData(IndexKind.Fast, Metric.L2, 1, 1, true)]
    [InlineData(IndexKind.Compact, Metric.Cosine, 1, 1, false)]
    public void Load_OfWhatWasSaved_SearchesAlikeEvenWhenTheFileIsGone(IndexKind kind, Metric metric, int count, int dimension, bool resident)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(count, dimension, seed: 1);
        using VectorIndex index = IndexBuilder.Build(matrix, metric, new IndexOptions { Kind = kind, AbsentRows = count > 1 ? new[] { 3, 77 } : default });
        index.Save(_path);
        using VectorIndex loaded = VectorIndex.Load(_path, new IndexLoadOptions(resident));
        File.Delete(_path);

        Assert.Equal((kind, metric, count, dimension, index.Bytes), (loaded.Kind, loaded.Metric, loaded.Count, loaded.Dimension, loaded.Bytes));
        Assert.Equal(index.Tuning, loaded.Tuning);
        Assert.Equal(count > 0, loaded.Tuning is not null);
        for (int seed = 2; seed < 20; seed++)
        {
            float[] query = SeededVectors.Uniform(dimension, seed);
            Assert.Equal(GraphAssert.Search(index, query, 10), GraphAssert.Search(loaded, query, 10));
            Assert.Equal(GraphAssert.Search(index, query, count + 1, width: 30), GraphAssert.Search(loaded, query, count + 1, width: 30));
        }
        loaded.Save(_path);
        byte[] again = File.ReadAllBytes(_path);
        index.Save(_path);
        Assert.Equal(File.ReadAllBytes(_path), again);
    }

    [Theory]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    public void Load_OfACutFile_SaysWhy(IndexKind kind)
    {
        byte[] whole = Saved(kind, Metric.L2);
        var random = new Random(2);
        for (int round = 0; round < 40; round++)
        {
            File.WriteAllBytes(_path, whole[..random.Next(whole.Length)]);
            foreach (IndexLoadOptions options in (IndexLoadOptions[])[new(), new(SkipVerification: true), new(Resident: true, SkipVerification: true)])
                Assert.StartsWith(_path, Assert.Throws<InvalidDataException>(() => VectorIndex.Load(_path, options)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(IndexKind.Fast, Metric.L2)]
    [InlineData(IndexKind.Fast, Metric.InnerProduct)]
    [InlineData(IndexKind.Compact, Metric.L2)]
    [InlineData(IndexKind.Compact, Metric.Cosine)]
    public void Load_WithBytesChanged_SaysWhyOrSearchesSafely(IndexKind kind, Metric metric)
    {
        byte[] whole = Saved(kind, metric);
        var random = new Random(3);
        for (int round = 0; round < 60; round++)
        {
            byte[] damaged = [.. whole];
            // A few bytes, or whole stretches: of noise, of NaN, of the largest numbers.
            for (int change = random.Next(1, 40); change > 0; change--)
            {
                int start = random.Next(round % 10 == 0 ? 0 : 4096, whole.Length), length = Math.Min(random.Next(3) == 0 ? random.Next(2000) : 1, whole.Length - start);
                byte? fill = random.Next(3) switch { 0 => 0xFF, 1 => 0x7F, _ => null };
                foreach (ref byte b in damaged.AsSpan(start, length))
                    b = fill ?? (byte)random.Next(256);
            }
            File.WriteAllBytes(_path, damaged);
            if (damaged.AsSpan().SequenceEqual(whole))
                continue;
            Assert.Throws<InvalidDataException>(() => VectorIndex.Load(_path).Dispose());
            try
            {
                using VectorIndex loaded = VectorIndex.Load(_path, new IndexLoadOptions(Resident: round % 2 == 0, SkipVerification: true));
                Use(loaded, random);
            }
            catch (InvalidDataException e)
            {
                Assert.StartsWith(_path, e.Message, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>Every way in. Results may be anything but NaN, twice the same, or of no row.</summary>
    private static void Use(VectorIndex index, Random random)
    {
        using RowSet half = RowSet.Rent(index.Count), few = RowSet.Rent(index.Count);
        var hidden = new RowBits(index.Count);
        for (int row = 0; row < index.Count; row++)
        {
            if (row % 2 == 0)
                half.Add(row);
            if (row % 50 == 0)
                few.Add(row);
            if (row % 3 == 0)
                hidden.Add(row);
        }
        var vector = new float[index.Dimension];
        var requests = new SearchRequest[9];
        for (int i = 0; i < 4; i++)
        {
            float[] query = SeededVectors.Uniform(index.Dimension, random.Next());
            foreach (RowFilter filter in (RowFilter[])[RowFilter.None, RowFilter.Allow(half), RowFilter.Allow(few), RowFilter.Deny(few)])
            {
                foreach (int wanted in (int[])[1, 10, index.Count])
                {
                    Neighbor[] found = GraphAssert.Search(index, query, wanted, filter, width: random.Next(200));
                    GraphAssert.Wellformed(found);
                    Assert.All(found, n => Assert.InRange(n.Row, 0, index.Count - 1));
                    int live = index.SearchLive(query, found, filter.Less(hidden), width: 0);
                    GraphAssert.Wellformed(found.AsSpan(0, live), row => !hidden.Contains(row));
                }
                Array.Fill(requests, new SearchRequest(query, new Neighbor[5], filter));
                index.Search(requests);
            }
            int any = random.Next(index.Count);
            if (index.HasVector(any))
            {
                Assert.False(float.IsNaN(index.Score(query, any)));
                index.CopyVector(any, vector);
            }
        }
    }

    private byte[] Saved(IndexKind kind, Metric metric)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(700, 8, seed: 1);
        using (VectorIndex index = IndexBuilder.Build(matrix, metric, new IndexOptions { Kind = kind, AbsentRows = new[] { 3, 77, 500 }, TargetRecall = 0 }))
            index.Save(_path);
        return File.ReadAllBytes(_path);
    }
}
