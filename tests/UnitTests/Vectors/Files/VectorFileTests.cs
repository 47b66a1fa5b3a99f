using Inference.Vectors;
using Xunit;

namespace UnitTests.Vectors.Files;

public sealed class VectorFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vector-file-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(17)]
    public void TryRead_OfEitherFormat_GivesTheRows(int dimension)
    {
        float[] elements = SeededVectors.Uniform(50 * dimension, seed: dimension);
        string npy = Path.Combine(_folder, "a.npy"), matrix = Path.Combine(_folder, "a.vix");
        NpyFile.Write(npy, elements, 50, dimension);
        using (VectorMatrix saved = VectorMatrix.Create(elements, dimension))
            saved.Save(matrix);

        foreach (string path in (string[])[npy, matrix])
        {
            using var file = new VectorFile(path, 50, dimension);
            var rows = new float[5 * dimension];
            Assert.True(file.TryRead(0, rows));
            Assert.Equal(elements[..rows.Length], rows);
            Assert.True(file.TryRead(45, rows));
            Assert.Equal(elements[(45 * dimension)..], rows);
        }
    }

    [Fact]
    public void TryRead_OfAFileThatComesLater_FindsItThen()
    {
        string path = Path.Combine(_folder, "later.npy");
        using var file = new VectorFile(path, 2, 3);
        Assert.False(file.TryRead(0, new float[3]));

        NpyFile.Write(path, [1, 2, 3, 4, 5, 6], 2, 3);

        var row = new float[3];
        Assert.True(file.TryRead(1, row));
        Assert.Equal([4, 5, 6], row);
    }

    [Fact]
    public void TryRead_OfAnotherShapeOrNoMatrix_FindsNothing()
    {
        string other = Path.Combine(_folder, "other.npy"), none = Path.Combine(_folder, "none.npy"), empty = Path.Combine(_folder, "empty");
        NpyFile.Write(other, [1, 2, 3, 4, 5, 6], 3, 2);
        File.WriteAllText(none, "these are no vectors");
        File.WriteAllBytes(empty, []);

        Assert.All((string[])[other, none, empty, _folder], path =>
        {
            using var file = new VectorFile(path, 2, 3);
            Assert.False(file.TryRead(0, new float[3]));
        });
    }

    [Fact]
    public void TryRead_AfterDispose_FindsNothing()
    {
        string path = Path.Combine(_folder, "a.npy");
        NpyFile.Write(path, [1, 2, 3], 1, 3);
        var file = new VectorFile(path, 1, 3);
        Assert.True(file.TryRead(0, new float[3]));

        file.Dispose();

        Assert.False(file.TryRead(0, new float[3]));
    }

    [Fact]
    public void TryRead_OfRowsThatAreNone_Throws()
    {
        using var file = new VectorFile(Path.Combine(_folder, "a.npy"), 2, 3);

        Assert.Throws<ArgumentException>(() => file.TryRead(1, new float[6]));
        Assert.Throws<ArgumentException>(() => file.TryRead(0, new float[4]));
        Assert.Throws<ArgumentException>(() => file.TryRead(-1, new float[3]));
    }
}
