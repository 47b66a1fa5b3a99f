using System.Text;
using Inference.Training.Data;
using Xunit;

namespace UnitTests.Training.Data;

public sealed class IdTableTests
{
    [Fact]
    public void Add_OfManyTexts_NumbersThemInTheirOrder()
    {
        var table = new IdTable();
        var expected = new Dictionary<string, int>(StringComparer.Ordinal);
        var random = new Random(1);
        for (int i = 0; i < 100_000; i++)
        {
            string text = random.Next(3) == 0 ? $"ü{random.Next(20_000)}" : new string((char)('a' + random.Next(3)), random.Next(30)) + random.Next(20_000);
            if (!expected.TryGetValue(text, out int number))
                expected.Add(text, number = expected.Count);
            Assert.Equal(number, table.Add(Encoding.UTF8.GetBytes(text)));
        }

        Assert.Equal(expected.Count, table.Count);
        foreach ((string text, int number) in expected)
            Assert.Equal((number, text), (table.Find(text), table[number]));
        Assert.Equal(-1, table.Find("not there"));
    }

    [Fact]
    public void Add_OfLongTexts_KeepsThemOverSeveralBlocks()
    {
        var table = new IdTable();
        string[] texts = [.. Enumerable.Range(0, 8).Select(i => new string((char)('a' + i), 400_000))];
        foreach (string text in texts)
            table.Add(Encoding.UTF8.GetBytes(text));
        Assert.Equal(texts, table.ToStrings());
        Assert.Equal(-1, table.Add(new byte[IdTable.MaxLength + 1]));
    }

    [Fact]
    public void Add_OfFewTexts_TakesLittleMemory()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var table = new IdTable();
        for (int i = 0; i < 20; i++)
            table.Add(Encoding.UTF8.GetBytes($"value {i}"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 10);
        Assert.Equal("value 19", table[19]);
    }

    [Fact]
    public void Add_OfWhatIsNotUtf8_AddsNothing()
    {
        var table = new IdTable();
        Assert.Equal(-1, table.Add([0x61, 0xC3]));
        Assert.Equal(0, table.Count);
    }
}
