using Inference.Training.Splits;

namespace UnitTests.Training.Evaluation;

/// <summary>Splits of a few items and users.</summary>
internal static class SmallSplit
{
    public static RowLists Rows(params int[][] rows) => RowLists.Of(rows);

    /// <summary>Items 0 to <paramref name="catalogue"/> − 1, then two cold items of the test part, then three of the validation part.</summary>
    public static SplitItems Items(int catalogue, int[]? trainingUsers = null)
    {
        string[] ids = [.. Enumerable.Range(0, catalogue + 5).Select(item => $"i{item:000}")];
        return new SplitItems(ids, catalogue, 2, [.. trainingUsers ?? Enumerable.Repeat(1, catalogue).ToArray(), 0, 0, 0, 0, 0]);
    }

    public static FewShotUsers NoUsers { get; } = new([], Rows(), Rows());

    /// <summary>Two training users, one unseen user of each part.</summary>
    public static ColdSplit Make() => new(
        Items(20),
        ["a", "b", "c"],
        Rows([0, 1, 2], [3, 4], [5]),
        Rows([6], [], [7, 8]),
        Rows([9, 10], [11], []),
        Rows([22], [], [23, 24]),
        Rows([20], [20, 21], []),
        new FewShotUsers(["v"], Rows([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), Rows([10, 11, 12, 13, 14])),
        new FewShotUsers(["t"], Rows([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]), Rows([15, 16, 17, 18, 19])));
}
