using Inference.Recommendations.Snapshots;
using Xunit;

namespace UnitTests.Recommendations;

public sealed class ItemIdsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5000)]
    [InlineData(9000)]
    public void TryAdd_OfManyIds_GivesRowsInOrderWhateverWasExpected(int expected)
    {
        var ids = new ItemIds(expected);
        for (int row = 0; row < 5000; row++)
        {
            Assert.True(ids.TryAdd($"item {row}", out int given));
            Assert.Equal(row, given);
        }

        ids.Trim();

        Assert.Equal(5000, ids.Count);
        for (int row = 0; row < 5000; row++)
        {
            Assert.Equal($"item {row}", ids[row]);
            Assert.True(ids.TryGetRow($"item {row}".AsSpan(), out int found));
            Assert.Equal(row, found);
        }

        Assert.False(ids.TryGetRow("item 5000", out int none));
        Assert.Equal(-1, none);
        Assert.False(ids.TryGetRow("", out _));
    }

    [Fact]
    public void TryAdd_OfAnIdThatIsThere_SaysWhere()
    {
        var ids = new ItemIds();
        ids.TryAdd("a", out _);
        ids.TryAdd("b", out _);
        Assert.False(ids.TryAdd("a", out int row));
        Assert.Equal((0, 2), (row, ids.Count));
        // Ordinal: letters that look alike are others.
        Assert.True(ids.TryAdd("A", out _));
        Assert.True(ids.TryAdd("\u00e9", out _));
        Assert.True(ids.TryAdd("e\u0301", out row));
        Assert.Equal(4, row);
    }

    [Fact]
    public void Id_OfAnyLength_IsWhatWasAdded()
    {
        var ids = new ItemIds();
        for (int row = 0; row < 3000; row++)
            ids.TryAdd(new string('x', row % 60) + row, out _);
        ids.TryAdd(new string('y', 60_000), out int longest);
        ids.Trim();
        Assert.Equal(new string('y', 60_000), ids[longest]);
        Assert.Equal(new string('x', 1234 % 60) + 1234, ids[1234]);
        Assert.Equal(ids[1234], ids.CharactersOf(1234).ToString());
        Assert.ThrowsAny<ArgumentException>(() => ids.TryAdd(new string('z', 70_000), out _));
        Assert.ThrowsAny<SystemException>(() => ids[ids.Count]);
    }

    [Fact]
    public void TryGetRow_WithASpan_AllocatesNothing()
    {
        var ids = new ItemIds();
        for (int row = 0; row < 100; row++)
            ids.TryAdd($"item {row}", out _);
        ReadOnlySpan<char> text = "item 42, item 43";
        ids.TryGetRow(text[..7], out _);
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool found = ids.TryGetRow(text[..7], out int row42);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(found);
        Assert.Equal(42, row42);
    }
}
