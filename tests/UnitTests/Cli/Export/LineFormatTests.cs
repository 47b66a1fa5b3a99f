using System.Buffers;
using System.Text;
using Inference.Cli.Export;
using Recsys.V1;
using Xunit;

namespace UnitTests.Cli.Export;

public class LineFormatTests
{
    public static TheoryData<string> Users => ["u1", "", "a,b", "say \"hi\"", "two\nlines", "bar|back\\slash", "éü🙂", "\u0001"];

    /// <summary>The text of a line grows in pieces, and a piece may end within a character.</summary>
    [Fact]
    public void Write_OfManyWideCharacters_KeepsThemWhole()
    {
        string[] ids = [.. Enumerable.Range(0, 2_000).Select(i => new string('x', i % 3) + "🙂🙂🙂")];
        var answer = new RecommendResponse { Items = { ids.Select(id => new RecommendedItem { ItemId = id }) } };

        string line = Encoding.UTF8.GetString(LineOf(into => new CsvLines().Write(into, "u1", answer)));

        Assert.StartsWith($"u1,{string.Join('|', ids)},", line, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Users))]
    public void Write_OfAnyUser_IsOneLineThatBeginsWithTheUser(string user)
    {
        foreach (LineFormat format in new LineFormat[] { new JsonLines(), new CsvLines() })
        {
            byte[] slate = LineOf(line => format.Write(line, user, Answer())), error = LineOf(line => format.WriteError(line, user, new ExportError("NOT_FOUND", "", "is, \"not\" there}}\n")));
            foreach (byte[] line in new[] { slate, error })
            {
                Assert.Equal(line.Length - 1, Array.IndexOf(line, (byte)'\n'));
                Assert.True(line.AsSpan().StartsWith(format.BeginOf(user)), Encoding.UTF8.GetString(line));
                Assert.False(line.AsSpan().StartsWith(format.BeginOf(user + "x")));
            }

            Assert.False(format.IsError(slate[^3], slate[^2]));
            Assert.True(format.IsError(error[^3], error[^2]));
        }
    }

    [Fact]
    public void Write_AsCsv_JoinsListsAndQuotesWhatHasTo()
    {
        var csv = new CsvLines();
        Assert.Equal(csv.Header.Count((byte)','), LineOf(line => csv.WriteError(line, "u", new ExportError("A", "B", "c"))).AsSpan().Count((byte)','));
        Assert.Equal(
            "\"a,b\",i1|i\\|2,0.5|0.25,towers|popularity,user_tower,user_tower timeout,r1,demo/1,\n",
            Encoding.UTF8.GetString(LineOf(line => csv.Write(line, "a,b", Answer()))));
    }

    private static RecommendResponse Answer() => new()
    {
        Items = { new RecommendedItem { ItemId = "i1", Score = 0.5f, Source = "towers" }, new RecommendedItem { ItemId = "i|2", Score = 0.25f, Source = "popularity" } },
        ServedBy = Rung.UserTower,
        Degraded = { new Degradation { Component = "user_tower", Reason = DegradationReason.Timeout } },
        RequestId = "r1",
        ModelVersion = "demo/1",
    };

    private static byte[] LineOf(Action<IBufferWriter<byte>> write)
    {
        var line = new ArrayBufferWriter<byte>();
        write(line);
        return line.WrittenSpan.ToArray();
    }
}
