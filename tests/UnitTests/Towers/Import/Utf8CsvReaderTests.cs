using System.Text;
using Inference.Towers.Import;
using Xunit;

namespace UnitTests.Towers.Import;

public sealed class Utf8CsvReaderTests
{
    [Theory]
    [InlineData("a,b\n1,2\n", "a|b/1|2")]
    [InlineData("a,b\r\n1,2\r\n", "a|b/1|2")]
    [InlineData("\uFEFFa,b\n1,2", "a|b/1|2")]
    [InlineData("a,\n,b\n,", "a|/|b/|")]
    [InlineData("\n\r\na\n\n", "a")]
    [InlineData("\"a,b\",\"c\"\"d\"\n", "a,b|c\"d")]
    [InlineData("\"two\nlines\",x\r\n", "two\nlines|x")]
    [InlineData("\"open\"rest,x\n", "openrest|x")]
    [InlineData("in\"side,x\n", "in\"side|x")]
    [InlineData("\"\",\"\"\n", "|")]
    [InlineData("a\rb,c\n", "a\rb|c")]
    [InlineData("a,b\r", "a|b")]
    [InlineData("", "")]
    public void Read_OfText_GivesItsFields(string text, string expected) => Assert.Equal(expected, string.Join('/', Rows(text, 16).Select(row => string.Join('|', row))));

    [Fact]
    public void Read_OfRandomText_EqualsTheSimpleReader()
    {
        // The pieces that a reader can stumble over, in any order, and buffers that end anywhere within them.
        string[] pieces = ["\"", "\"\"", ",", "\n", "\r\n", "\r", "a", "bc", "€", "a longer piece of text", "\"quoted\"", "\"with,comma\"", "\"\n\"", ""];
        var random = new Random(5);
        for (int round = 0; round < 4000; round++)
        {
            var text = new StringBuilder();
            for (int i = random.Next(30); i > 0; i--)
                text.Append(pieces[random.Next(pieces.Length)]);
            // A quote that is not closed is another test's.
            if (SimpleCsv.Parse(text.ToString()) is not { } expected)
                continue;
            List<string[]> actual = Rows(text.ToString(), 16 + random.Next(20));
            Assert.True(expected.Select(Shown).SequenceEqual(actual.Select(Shown)), $"round {round}: {text}");
        }

        static string Shown(string[] row) => string.Join('\u0001', row);
    }

    [Fact]
    public void Read_OfQuoteThatIsNotClosed_SaysSoAndGoesOnWithTheNextLine()
    {
        using Utf8CsvReader reader = Open("a,b\n\"never,closed\n1,2\n", 16);
        Assert.True(reader.Read());
        Assert.True(reader.Read());
        Assert.Equal("a quote is not closed", reader.Fault);
        Assert.Equal((2, 0), (reader.Line, reader.Count));
        Assert.True(reader.Read());
        Assert.Null(reader.Fault);
        Assert.Equal((3, 2), (reader.Line, reader.Count));
        Assert.False(reader.Read());
    }

    [Fact]
    public void Read_OfTooLongFieldsAndTooManyOfThem_SaysSo()
    {
        string text = $"{new string('x', Utf8CsvReader.MaxField + 1)},1\n{new string(',', Utf8CsvReader.MaxColumns)}\n{new string('y', Utf8CsvReader.MaxField)}\n";
        using Utf8CsvReader reader = Open(text, 1000);
        Assert.True(reader.Read());
        Assert.Contains("more than 1048576 bytes", reader.Fault, StringComparison.Ordinal);
        Assert.True(reader.Read());
        Assert.Contains("more than 4096 fields", reader.Fault, StringComparison.Ordinal);
        Assert.True(reader.Read());
        Assert.Null(reader.Fault);
        Assert.Equal(Utf8CsvReader.MaxField, reader[0].Length);
    }

    [Fact]
    public void Line_AfterRowsOfSeveralLines_IsWhereTheRowBegins()
    {
        using Utf8CsvReader reader = Open("a\n\"b\nc\nd\"\n\ne\n", 16);
        var lines = new List<long>();
        while (reader.Read())
            lines.Add(reader.Line);
        Assert.Equal([1L, 2, 6], lines);
    }

    [Fact]
    public void Read_OfUtf16_Throws()
    {
        using var reader = new Utf8CsvReader(new MemoryStream([0xFF, 0xFE, 0x61, 0x00]));
        Assert.Throws<InvalidDataException>(() => reader.Read());
    }

    private static Utf8CsvReader Open(string text, int buffer) => new(new Drip(Encoding.UTF8.GetBytes(text)), buffer);

    private static List<string[]> Rows(string text, int buffer)
    {
        using Utf8CsvReader reader = Open(text, buffer);
        var rows = new List<string[]>();
        while (reader.Read())
        {
            Assert.Null(reader.Fault);
            var row = new string[reader.Count];
            for (int i = 0; i < row.Length; i++)
                row[i] = Encoding.UTF8.GetString(reader[i]);
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>Gives seldom as much as it is asked for.</summary>
    private sealed class Drip(byte[] bytes) : MemoryStream(bytes)
    {
        private int _turn;

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, count > 1000 ? count : Math.Min(count, 1 + ++_turn % 7));
    }
}
