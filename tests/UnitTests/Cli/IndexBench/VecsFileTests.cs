using Inference.Cli.IndexBench;
using Inference.Vectors;
using Xunit;

namespace UnitTests.Cli.IndexBench;

public sealed class VecsFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ReadMatrix_OfFvecs_HasItsElements()
    {
        string path = Write("a.fvecs", [.. Row([1f, -2.5f, 3f]), .. Row([4f, 5f, 1e-3f])]);
        using VectorMatrix matrix = VecsFile.ReadMatrix(path);
        Assert.Equal((2, 3), (matrix.Count, matrix.Dimension));
        Assert.Equal([4f, 5f, 1e-3f], matrix.Row(1).ToArray());
    }

    [Fact]
    public void ReadMatrix_OfBvecs_WidensBytes()
    {
        string path = Write("a.bvecs", [2, 0, 0, 0, 0, 255, 2, 0, 0, 0, 7, 8]);
        using VectorMatrix matrix = VecsFile.ReadMatrix(path);
        Assert.Equal([0f, 255f], matrix.Row(0).ToArray());
        Assert.Equal([7f, 8f], matrix.Row(1).ToArray());
    }

    [Fact]
    public void ReadIntegers_OfWhatWasWritten_IsTheSame()
    {
        string path = Path.Combine(_folder, "a.ivecs");
        int[][] rows = [[1, int.MaxValue], [-3, 0]];
        VecsFile.WriteIntegers(path, rows);
        Assert.Equal(rows, VecsFile.ReadIntegers(path));
    }

    [Fact]
    public void ReadMatrix_OfAnEmptyFile_SaysSo() => Refuses("a.fvecs", [], "It is empty.");

    [Fact]
    public void ReadMatrix_OfACutFile_SaysSo() => Refuses("a.fvecs", [.. Row([1f, 2f]), 2, 0, 0], "no whole number of rows of 2 elements");

    [Fact]
    public void ReadMatrix_WithRowsOfDifferentLengths_NamesTheRow() => Refuses("a.fvecs", [.. Row([1f, 2f]), .. BitConverter.GetBytes(3), .. new byte[8]], "Row 1 claims 3 elements");

    [Fact]
    public void ReadMatrix_WithALengthBelowOne_SaysSo() => Refuses("a.fvecs", [0, 0, 0, 0], "claims 0 elements");

    [Fact]
    public void ReadMatrix_WithNaN_NamesTheRow() => Refuses("a.fvecs", [.. Row([1f]), .. Row([float.NaN])], "Row 1 holds NaN");

    private static byte[] Row(float[] elements) => [.. BitConverter.GetBytes(elements.Length), .. elements.SelectMany(BitConverter.GetBytes)];

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private void Refuses(string name, byte[] bytes, string expected)
    {
        string path = Write(name, bytes);
        InvalidDataException failure = Assert.Throws<InvalidDataException>(() => VecsFile.ReadMatrix(path));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
    }
}
