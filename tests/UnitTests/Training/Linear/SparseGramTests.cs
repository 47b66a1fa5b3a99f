using Inference.Training.Linear;
using Inference.Training.Splits;
using Xunit;

namespace UnitTests.Training.Linear;

public sealed class SparseGramTests
{
    private static readonly RowLists Lists = RowLists.Of([[0, 1, 2], [2, 1], [], [3], [1, 9]]);

    [Fact]
    public void Of_Lists_CountsUsersWithBoth()
    {
        SparseGram gram = SparseGram.Of(Lists, 4);
        Assert.Equal([1, 3, 2, 1], gram.Counts);
        Assert.Equal(5, gram.Users);
        Assert.Equal([11, 1, 1, 0, 1, 13, 2, 0, 1, 2, 12, 0, 0, 0, 0, 11], gram.ToDense(10.0));
    }

    [Fact]
    public void Of_ListsWithALimit_KeepsTheStrongestNeighbours()
    {
        SparseGram gram = SparseGram.Of(Lists, 4, maxNeighbours: 1);
        Assert.Equal([1], gram.Pairs.ColumnsOf(0).ToArray());
        Assert.Equal([2], gram.Pairs.ColumnsOf(1).ToArray());
        Assert.Equal([1], gram.Pairs.ColumnsOf(2).ToArray());
        Assert.Empty(gram.Pairs.ColumnsOf(3).ToArray());
    }
}
