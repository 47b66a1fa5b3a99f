using Inference.Vectors;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace UnitTests.Vectors.Files;

public sealed class FilePiecesTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, FilePieces.Bytes - 1)]
    [InlineData(3, (3 * FilePieces.Bytes) + 5)]
    [InlineData(FilePieces.Bytes, 200_000)]
    public void Read_OfAnyPart_FillsItOrEndsWithTheFile(int offset, int length)
    {
        string path = Path.GetTempFileName();
        try
        {
            byte[] content = new byte[190_000];
            new Random(1).NextBytes(content);
            File.WriteAllBytes(path, content);
            byte[] read = new byte[length];
            using SafeFileHandle file = File.OpenHandle(path);

            int filled = FilePieces.Read(file, read, offset);

            Assert.Equal(Math.Min(length, content.Length - offset), filled);
            Assert.True(read.AsSpan(0, filled).SequenceEqual(content.AsSpan(offset, filled)));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
