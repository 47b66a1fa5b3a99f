using Inference.Vectors;
using Xunit;

namespace UnitTests.Vectors;

/// <summary>Which bitmaps are kept, and how many.</summary>
public sealed class ZeroedWordsTests
{
    private const int Words = 1000, Bytes = Words * sizeof(ulong);

    [Fact]
    public void Take_OfHundredsAtOnce_GivesThoseThatWereReturned()
    {
        var pool = new ZeroedWords(1 << 20);
        ulong[][] first = [.. Enumerable.Range(0, 100).Select(_ => pool.Take(Words))];
        foreach (ulong[] words in first)
            pool.Return(words);

        ulong[][] second = [.. Enumerable.Range(0, 100).Select(_ => pool.Take(Words))];

        Assert.Equal(first.ToHashSet(), second.ToHashSet());
        Assert.Equal(0, pool.KeptBytes);
    }

    [Fact]
    public void Take_OfASizeThatIsNotKept_MakesOne()
    {
        var pool = new ZeroedWords(1 << 20);
        pool.Return(new ulong[Words]);

        Assert.Equal(Words + 1, pool.Take(Words + 1).Length);
        Assert.Equal(Words / 5, pool.Take(Words / 5).Length);
        Assert.Equal(Words, pool.Take(Words / 4).Length);
    }

    [Fact]
    public void Take_WhereCataloguesOfTwoSizesAreServed_GivesEachItsOwn()
    {
        var pool = new ZeroedWords(1 << 20);
        ulong[] small = pool.Take(10), large = pool.Take(Words);
        pool.Return(large);
        pool.Return(small);

        Assert.Same(large, pool.Take(Words));
        Assert.Same(small, pool.Take(10));
    }

    [Fact]
    public void Return_OfMoreThanMayBeKept_LeavesThemToTheCollector()
    {
        var pool = new ZeroedWords(40 * Bytes);
        for (int i = 0; i < 100; i++)
            pool.Return(new ulong[Words]);

        Assert.Equal(40 * Bytes, pool.KeptBytes);
    }

    [Fact]
    public void Return_WhereAnOldSizeFillsThePool_MakesRoomForTheNew()
    {
        var pool = new ZeroedWords(40 * Bytes);
        for (int i = 0; i < 40; i++)
            pool.Return(new ulong[Words]);
        for (int i = 0; i < 200; i++)
            pool.Return(new ulong[8 * Words]);

        Assert.Equal(16 * 8 * Bytes, pool.KeptBytes);
    }
}
