using System.IO.Compression;
using System.Text;
using Inference.Towers.Import;
using Inference.Training.Data;
using Xunit;

namespace UnitTests.Training.Data;

public sealed class CsvTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("csv").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_OfWhatWasWritten_GivesTheFieldsBack()
    {
        string path = Path.Combine(_folder, "a.csv");
        string[][] rows = [["plain", "with, comma", "with \"quotes\""], ["two\nlines", "", "ümlaut €"], ["", "x", ""]];
        using (var writer = new CsvWriter(path, "a", "b", "c"))
        {
            foreach (string[] row in rows)
            {
                foreach (string field in row)
                    writer.Field(field);
                writer.EndLine();
            }
        }

        using var reader = new CsvReader(path);
        Assert.Equal(["a", "b", "c"], reader.Columns);
        foreach (string[] row in rows)
        {
            Assert.True(reader.Read());
            Assert.Equal(row, new[] { reader[0], reader[1], reader[2] });
        }

        Assert.False(reader.Read());
    }

    [Fact]
    public void Read_OfGzipWithCarriageReturnsAndEmptyLines_Works()
    {
        string path = Path.Combine(_folder, "a.csv.gz");
        using (var stream = new GZipStream(File.Create(path), CompressionLevel.Fastest))
            stream.Write("user_id,item_id\r\n\r\n1,2\r\n3,4"u8);
        using var reader = new CsvReader(path);
        int user = reader.Require("user_id"), item = reader.Require("item_id");
        Assert.True(reader.Read());
        Assert.Equal(("1", "2"), (reader[user], reader[item]));
        Assert.True(reader.Read());
        Assert.Equal(("3", "4"), (reader[user], reader[item]));
        Assert.False(reader.Read());
    }

    [Theory]
    [InlineData("a,a\n1,2\n", "twice")]
    [InlineData("", "empty")]
    [InlineData("a,b\n\"never closed\n1,2\n", "line 2: a quote is not closed")]
    public void Read_OfBrokenFile_SaysWhatAndWhere(string content, string expected)
    {
        InvalidDataException failure = Assert.Throws<InvalidDataException>(() => ReadAll(content));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Contains("b.csv", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Require_OfMissingColumn_NamesThoseThatAreThere()
    {
        string path = Write("x,y\n1,2\n");
        using var reader = new CsvReader(path);
        InvalidDataException failure = Assert.Throws<InvalidDataException>(() => reader.Require("z"));
        Assert.Contains("'z'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("x, y", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OfTruncatedGzip_Throws()
    {
        string path = Path.Combine(_folder, "cut.csv.gz");
        using (var buffer = new MemoryStream())
        {
            using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
            {
                for (int i = 0; i < 20_000; i++)
                    gzip.Write(Encoding.UTF8.GetBytes($"{i},{i * 7919 % 10007}\n"));
            }

            File.WriteAllBytes(path, buffer.ToArray()[..(int)(buffer.Length / 2)]);
        }

        Assert.Throws<InvalidDataException>(() =>
        {
            using var reader = new CsvReader(path, hasHeader: false);
            while (reader.Read())
            {
            }
        });
    }

    private string Write(string content)
    {
        string path = Path.Combine(_folder, "b.csv");
        File.WriteAllText(path, content);
        return path;
    }

    private void ReadAll(string content)
    {
        using var reader = new CsvReader(Write(content));
        while (reader.Read())
        {
        }
    }
}
