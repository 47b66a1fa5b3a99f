using Inference.Vectors;
using Xunit;

namespace UnitTests.Vectors;

public sealed class RowSetTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1000)]
    public void AddAndRemove_InAnyOrder_AgreeWithAHashSet(int rowCount)
    {
        var random = new Random(rowCount);
        var expected = new HashSet<int>();
        using RowSet rows = RowSet.Rent(rowCount);
        for (int step = 0; step < 2000; step++)
        {
            int row = random.Next(rowCount);
            if (random.Next(3) > 0)
                Assert.Equal(expected.Add(row), rows.Add(row));
            else
                Assert.Equal(expected.Remove(row), rows.Remove(row));
            Assert.Equal(expected.Count, rows.Count);
        }
        for (int row = 0; row < rowCount; row++)
            Assert.Equal(expected.Contains(row), rows.Contains(row));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(70)]
    [InlineData(128)]
    [InlineData(500)]
    public void Rent_WithMembers_HasThoseThatExist(int rowCount)
    {
        ulong[] words = [ulong.MaxValue, 0b1010];

        using RowSet rows = RowSet.Rent(rowCount, words);

        int[] expected = [.. Enumerable.Range(0, rowCount).Where(row => row < 64 || row is 65 or 67)];
        Assert.Equal(expected, Enumerable.Range(0, rowCount + 70).Where(rows.Contains));
        Assert.Equal(expected.Length, rows.Count);
    }

    [Fact]
    public void Rent_AfterSetsOfAllSizesThatWereUsedInAllWays_IsEmpty()
    {
        var random = new Random(11);
        ulong[] words = new ulong[1000];
        for (int turn = 0; turn < 3000; turn++)
        {
            // Sizes share arrays with others up to four times as large, so notes of one lie where words of another do.
            int rowCount = random.Next(1, 40_000);
            RowSet rows = RowSet.Rent(rowCount);
            Assert.Equal(0, rows.Count);
            int length = rows.CopyTo(words);
            Assert.True(words.AsSpan(0, length).IndexOfAnyExcept(0UL) < 0, $"turn {turn}: a set over {rowCount} rows is not empty");

            int adds = random.Next(4) switch { 0 => 0, 1 => 12, 2 => 130, _ => 2000 };
            for (int i = 0; i < adds; i++)
                rows.Add(random.Next(rowCount));
            for (int i = 0; i < adds / 2; i++)
                rows.Remove(random.Next(rowCount));
            if (random.Next(5) == 0)
                rows.Clear();
            if (random.Next(5) == 0)
            {
                using RowSet copy = rows.Copy();
                copy.Add(random.Next(rowCount));
            }

            if (random.Next(5) == 0)
            {
                rows.CopyTo(words);
                using RowSet members = RowSet.Rent(random.Next(1, 40_000), words.AsSpan(0, length));
                members.Add(0);
            }

            rows.Dispose();
        }
    }

    [Fact]
    public void Rent_AfterAnotherSetWasReturned_IsEmpty()
    {
        for (int i = 0; i < 10; i++)
        {
            using RowSet rows = RowSet.Rent(500);
            Assert.Equal(0, rows.Count);
            for (int row = 0; row < 500; row++)
                Assert.True(rows.Add(row));
        }
    }

    [Fact]
    public void Clear_WithMembers_RemovesThem()
    {
        using RowSet rows = RowSet.Rent(100);
        rows.AddRange([1, 64, 99, 1]);
        Assert.Equal(3, rows.Count);

        rows.Clear();

        Assert.Equal(0, rows.Count);
        Assert.False(rows.Contains(64));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(100)]
    [InlineData(127)]
    [InlineData(int.MinValue)]
    public void Add_OutOfRange_Throws(int row)
    {
        using RowSet rows = RowSet.Rent(100);

        Assert.Throws<ArgumentOutOfRangeException>(() => rows.Add(row));
        Assert.Throws<ArgumentOutOfRangeException>(() => rows.Remove(row));
        Assert.False(rows.Contains(row));
        Assert.Equal(0, rows.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(300)]
    public void NextFrom_IsTheFirstMemberThatIsNotBefore(int rowCount)
    {
        using RowSet rows = RowSet.Rent(rowCount);
        Assert.Equal(-1, rows.NextFrom(0));
        int[] members = [.. new[] { 0, 5, 63, 64, 127, 192, 299 }.Where(row => row < rowCount)];
        rows.AddRange(members);

        for (int row = 0; row < rowCount + 70; row++)
            Assert.Equal(members.Where(member => member >= row).DefaultIfEmpty(-1).First(), rows.NextFrom(row));
        Assert.Throws<ArgumentOutOfRangeException>(() => rows.NextFrom(-1));
    }

    [Fact]
    public void Rent_WithNoRows_IsEmpty()
    {
        using RowSet rows = RowSet.Rent(0);

        Assert.False(rows.Contains(0));
        Assert.Equal(-1, rows.NextFrom(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => RowSet.Rent(-1));
    }

    [Fact]
    public void AnyUse_AfterDispose_Throws()
    {
        RowSet rows = RowSet.Rent(100);
        rows.Dispose();
        rows.Dispose();

        Assert.Throws<ObjectDisposedException>(() => rows.Add(1));
        Assert.Throws<ObjectDisposedException>(() => rows.Contains(1));
        Assert.Throws<ObjectDisposedException>(rows.Clear);
    }
}
