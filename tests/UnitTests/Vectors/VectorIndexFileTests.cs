using Inference.Vectors;
using Inference.Vectors.Live;
using UnitTests.Vectors.Live;
using Xunit;

namespace UnitTests.Vectors;

public sealed class VectorIndexFileTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"vector-index-{Guid.NewGuid():N}.vix");

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(IndexKind.Flat, Metric.InnerProduct, 1000, 40, false)]
    [InlineData(IndexKind.Flat, Metric.Cosine, 1000, 7, true)]
    [InlineData(IndexKind.Flat, Metric.L2, 65, 64, false)]
    [InlineData(IndexKind.Flat, Metric.Cosine, 0, 3, true)]
    [InlineData(IndexKind.Flat, Metric.L2, 1, 1, true)]
    [InlineData(IndexKind.Exact, Metric.InnerProduct, 1000, 40, false)]
    [InlineData(IndexKind.Exact, Metric.Cosine, 1000, 7, true)]
    [InlineData(IndexKind.Exact, Metric.L2, 300, 64, false)]
    [InlineData(IndexKind.Exact, Metric.L2, 0, 3, true)]
    public void Load_OfWhatWasSaved_SearchesAlikeEvenWhenTheFileIsGone(IndexKind kind, Metric metric, int count, int dimension, bool resident)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(count, dimension, seed: 1);
        using VectorIndex index = LiveModel.Make(kind, matrix, metric);
        index.Save(_path);
        using VectorIndex loaded = VectorIndex.Load(_path, new IndexLoadOptions(resident));
        File.Delete(_path);
        float[] query = SeededVectors.Uniform(dimension, seed: 2);

        Assert.Equal((kind, metric, count, dimension), (loaded.Kind, loaded.Metric, loaded.Count, loaded.Dimension));
        Assert.Equal(Search(index, query), Search(loaded, query));
        loaded.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Search(loaded, query));
    }

    [Theory]
    [InlineData(IndexKind.Flat)]
    [InlineData(IndexKind.Exact)]
    public void Load_OfAnIndexWithAbsentRows_DoesNotFindThem(IndexKind kind)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(100, 8, seed: 1);
        using VectorIndex first = LiveModel.Make(kind, matrix, Metric.L2);
        using VectorIndex index = first.Merged(new IndexChanges(130, removed: [3, 70], added: [110], _ => new float[8]), 1, default);
        index.Save(_path);
        using VectorIndex loaded = VectorIndex.Load(_path);

        Neighbor[] found = Search(loaded, SeededVectors.Uniform(8, seed: 2));

        Assert.Equal(Enumerable.Range(0, 100).Except([3, 70]).Append(110), found.Select(static n => n.Row).Order());
        Assert.Equal(Search(index, SeededVectors.Uniform(8, seed: 2)), found);
    }

    [Theory]
    [InlineData(IndexKind.Flat, Metric.Cosine)]
    [InlineData(IndexKind.Exact, Metric.L2)]
    public void Load_WithBytesChanged_SaysWhyOrSearchesSafely(IndexKind kind, Metric metric)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(100, 8, seed: 1);
        using (VectorIndex index = LiveModel.Make(kind, matrix, metric))
        using (VectorIndex some = index.Merged(new IndexChanges(100, removed: [3], added: [], _ => default), 1, default))
            some.Save(_path);
        byte[] whole = File.ReadAllBytes(_path);
        var random = new Random(3);
        for (int round = 0; round < 1000; round++)
        {
            byte[] damaged = [.. whole];
            for (int change = random.Next(1, 5); change > 0; change--)
                damaged[random.Next(round % 2 == 0 ? whole.Length : 300)] ^= (byte)random.Next(1, 256);
            File.WriteAllBytes(_path, damaged);
            if (!damaged.AsSpan().SequenceEqual(whole))
                Assert.Throws<InvalidDataException>(() => VectorIndex.Load(_path).Dispose());
            try
            {
                using VectorIndex loaded = VectorIndex.Load(_path, new IndexLoadOptions(SkipVerification: true));
                Assert.InRange(Search(loaded, SeededVectors.Uniform(8, seed: 2)).Length, 0, 100);
            }
            catch (InvalidDataException e)
            {
                Assert.StartsWith(_path, e.Message, StringComparison.Ordinal);
            }
        }
    }

    private static Neighbor[] Search(VectorIndex index, float[] query)
    {
        var results = new Neighbor[200];
        return results[..index.Search(query, results)];
    }
}
